/* Tickets are offered the categories of the plans that the event's dates have; without this script
   those of all plans. What is chosen already stays: the server says when it cannot be. */

const form = document.querySelector("[data-plans]");

function follow(plans) {
  const dates = [...form.querySelectorAll("select[name^=date-]")];
  const tickets = [...form.querySelectorAll("select[name^=kind-]")].map((list) => [list, [...list.options]]);
  const offer = () => {
    const there = new Set(["", ...dates.flatMap((date) => plans[date.value.split(":")[0]] ?? [])]);
    for (const [list, options] of tickets) {
      const chosen = list.value;
      list.replaceChildren(...options.filter((one) => there.has(one.value) || one.value === chosen));
      list.value = chosen;
    }
  };
  form.addEventListener("change", (event) => dates.includes(event.target) && offer());
  offer();
}

if (form) follow(JSON.parse(form.dataset.plans));
