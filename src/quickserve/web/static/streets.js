/* Streets under who is where, from the server of tiles that the operator named. The drawing in the
   live part stays for readers of screens, and is what one sees until somebody is on the way. */

const box = document.querySelector("[data-tiles]");
const RADIUS = { runner: 10, stand: 7, to: 7 };
const AROUND = 0.3; // of the marks' extent
let map;
let marks = [];

/** Leaflet writes words as HTML. */
function plain(text) {
  const element = document.createElement("span");
  element.textContent = text;
  return element;
}

function open(places) {
  box.hidden = false;
  map = L.map(box);
  map.attributionControl.setPrefix(false);
  const attribution = plain(box.dataset.credit).innerHTML;
  L.tileLayer(box.dataset.tiles, { attribution, maxZoom: 19 }).addTo(map);
  map.fitBounds(L.latLngBounds(places).pad(AROUND), { maxZoom: 17 });
}

function show() {
  const drawing = document.querySelector("svg[data-marks]");
  if (!drawing) return;
  const told = JSON.parse(drawing.dataset.marks);
  if (!map) open(told.map(([, , latitude, longitude]) => [latitude, longitude]));
  for (const mark of marks) mark.remove();
  marks = told.map(([kind, word, latitude, longitude]) =>
    L.circleMarker([latitude, longitude], { radius: RADIUS[kind], className: `track-${kind}` })
      .bindTooltip(plain(word), { permanent: true, direction: "top", offset: [0, -8] })
      .addTo(map),
  );
}

if (box) {
  // The live part stands behind it; Leaflet changes only what is inside of it.
  new MutationObserver(show).observe(box.nextElementSibling, { childList: true, subtree: true });
  show();
}
