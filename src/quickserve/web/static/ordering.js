/* The basket's page: what does not matter for the chosen way is put away, and the device may tell
   where it is. Without it everything is there to see. */

const all = (selector) => document.querySelectorAll(selector);

function show() {
  const way = document.querySelector("[data-way]:checked, [type=hidden][data-way]")?.value;
  const pay = document.querySelector("[data-pay]:checked")?.value;
  for (const part of all("[data-for]")) {
    const wanted = part.dataset.for === "card" ? pay : way;
    part.hidden = wanted !== undefined && part.dataset.for !== wanted;
  }
}

for (const choice of all("[data-way], [data-pay]")) choice.addEventListener("change", show);
show();

for (const button of all("[data-locate]")) {
  if (!navigator.geolocation) continue;
  button.hidden = false;
  const field = document.getElementById(button.dataset.locate);
  button.addEventListener("click", () => {
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => {
        field.value = `${coords.latitude.toFixed(6)}, ${coords.longitude.toFixed(6)}`;
      },
      () => {
        button.textContent = button.dataset.failed;
      },
      { timeout: 10_000, enableHighAccuracy: true },
    );
  });
}
