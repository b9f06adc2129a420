/* Draws a seating plan on a canvas, and says which seat is under a point. 15,000 seats are drawn in
   some ten milliseconds: a path a colour, no element a seat. */

import { places, stepOf } from "./plan_model.js";

const CELL = 60;

export class View {
  constructor(canvas) {
    this.canvas = canvas;
    this.context = canvas.getContext("2d");
    this.scale = 1;
    this.left = 0;
    this.top = 0;
    this.offset = [0, 0]; // of what is being dragged
    this.box = null; // of what is being selected, in the plan's units
    this.waiting = false;
  }

  show(plan, selected) {
    if (plan !== this.plan) this.index(plan);
    this.plan = plan;
    this.selected = selected;
    this.soon();
  }

  index(plan) {
    this.cells = new Map();
    const apart = [];
    for (const place of places(plan)) {
      const key = `${Math.floor(place.seat.x / CELL)}:${Math.floor(place.seat.y / CELL)}`;
      if (!this.cells.has(key)) this.cells.set(key, []);
      this.cells.get(key).push(place);
    }
    for (const section of plan.sections) {
      for (const row of section.rows) if (row.seats.length > 1) apart.push(Math.hypot(...stepOf(row)));
    }
    apart.sort((a, b) => a - b);
    this.radius = Math.max(2, Math.min(20, (apart[apart.length >> 1] || 25) * 0.38));
  }

  fit() {
    const { width, height } = this.canvas.getBoundingClientRect();
    this.scale = Math.min(width / this.plan.width, height / this.plan.height);
    this.left = (this.plan.width - width / this.scale) / 2;
    this.top = (this.plan.height - height / this.scale) / 2;
    this.soon();
  }

  zoom(factor, x, y) {
    const box = this.canvas.getBoundingClientRect();
    const [px, py] = [x ?? box.width / 2, y ?? box.height / 2];
    const [ax, ay] = this.at(px, py);
    this.scale = Math.max(0.02, Math.min(8, this.scale * factor));
    this.left = ax - px / this.scale;
    this.top = ay - py / this.scale;
    this.soon();
  }

  pan(dx, dy) {
    this.left -= dx / this.scale;
    this.top -= dy / this.scale;
    this.soon();
  }

  /** The plan's units for a point of the canvas. */
  at(px, py) {
    return [this.left + px / this.scale, this.top + py / this.scale];
  }

  seatAt(px, py) {
    const [x, y] = this.at(px, py);
    const reach = Math.max(this.radius, 8 / this.scale);
    const [column, line] = [Math.floor(x / CELL), Math.floor(y / CELL)];
    let best = null, least = reach;
    const around = Math.ceil(reach / CELL);
    for (let i = column - around; i <= column + around; i++) {
      for (let j = line - around; j <= line + around; j++) {
        for (const place of this.cells.get(`${i}:${j}`) || []) {
          const far = Math.hypot(place.seat.x - x, place.seat.y - y);
          if (far < least) [best, least] = [place, far];
        }
      }
    }
    return best;
  }

  soon() {
    if (this.waiting) return;
    this.waiting = true;
    requestAnimationFrame(() => {
      this.waiting = false;
      this.draw();
    });
  }

  draw() {
    if (!this.plan) return;
    const ratio = window.devicePixelRatio || 1;
    const { width, height } = this.canvas.getBoundingClientRect();
    if (this.canvas.width !== Math.round(width * ratio) || this.canvas.height !== Math.round(height * ratio)) {
      this.canvas.width = Math.round(width * ratio);
      this.canvas.height = Math.round(height * ratio);
    }
    const style = getComputedStyle(this.canvas), ink = style.color, paper = style.backgroundColor;
    const line = style.borderTopColor, context = this.context;
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, this.canvas.width, this.canvas.height);
    const scale = this.scale * ratio;
    context.setTransform(scale, 0, 0, scale, -this.left * scale, -this.top * scale);
    context.lineWidth = 1.5 / this.scale;
    context.strokeStyle = line;
    context.strokeRect(0, 0, this.plan.width, this.plan.height);
    for (const section of this.plan.sections) for (const shape of section.shapes) this.shape(shape, line, ink);
    this.seats(ink, paper, line);
    this.texts(ink, paper);
    if (this.box) {
      context.strokeStyle = ink;
      context.setLineDash([6 / this.scale, 4 / this.scale]);
      const [ax, ay, bx, by] = this.box;
      context.strokeRect(Math.min(ax, bx), Math.min(ay, by), Math.abs(bx - ax), Math.abs(by - ay));
      context.setLineDash([]);
    }
  }

  shape(shape, line, ink) {
    const context = this.context;
    context.save();
    context.translate(shape.x, shape.y);
    context.rotate((shape.rotation * Math.PI) / 180);
    context.beginPath();
    if (shape.kind === "rectangle") context.rect(0, 0, shape.width, shape.height);
    else if (shape.kind === "polygon") {
      shape.points.forEach(([x, y], at) => context[at ? "lineTo" : "moveTo"](x - shape.x, y - shape.y));
      context.closePath();
    } else if (shape.kind !== "text") context.ellipse(0, 0, shape.width / 2, shape.height / 2, 0, 0, 7);
    context.globalAlpha = 0.25;
    context.fillStyle = line;
    context.fill();
    context.globalAlpha = 1;
    context.stroke();
    if (shape.text) {
      const middle = shape.kind === "rectangle";
      context.fillStyle = ink;
      context.font = `600 ${Math.max(14, Math.min(40, (shape.height || 20) * 0.4))}px Bricolage, sans-serif`;
      context.textAlign = "center";
      context.textBaseline = "middle";
      context.fillText(shape.text, middle ? shape.width / 2 : 0, middle ? shape.height / 2 : 0);
    }
    context.restore();
  }

  seats(ink, paper, line) {
    const colors = new Map(this.plan.categories.map((one) => [one.name, one.color]));
    const groups = new Map(), marked = [], picked = [];
    const [dx, dy] = this.offset;
    for (const { seat } of places(this.plan)) {
      const chosen = this.selected.has(seat.id);
      const spot = chosen ? [seat.x + dx, seat.y + dy] : [seat.x, seat.y];
      const color = seat.blocked ? line : colors.get(seat.category) || line;
      if (!groups.has(color)) groups.set(color, []);
      groups.get(color).push(spot);
      if (seat.kind !== "standard") marked.push([spot, seat.kind]);
      if (chosen) picked.push(spot);
    }
    const context = this.context, radius = this.radius;
    for (const [color, spots] of groups) {
      context.fillStyle = color;
      context.beginPath();
      for (const [x, y] of spots) {
        context.moveTo(x + radius, y);
        context.arc(x, y, radius, 0, 7);
      }
      context.fill();
    }
    context.fillStyle = paper;
    for (const [[x, y], kind] of marked) {
      context.beginPath();
      if (kind === "accessible") context.arc(x, y, radius * 0.5, 0, 7);
      else context.rect(x - radius * 0.4, y - radius * 0.4, radius * 0.8, radius * 0.8);
      context.fill();
    }
    context.strokeStyle = ink;
    context.lineWidth = Math.max(2 / this.scale, radius * 0.2);
    context.beginPath();
    for (const [x, y] of picked) {
      context.moveTo(x + radius * 1.25, y);
      context.arc(x, y, radius * 1.25, 0, 7);
    }
    context.stroke();
  }

  texts(ink, paper) {
    const context = this.context, size = this.radius * 1.1;
    context.textBaseline = "middle";
    context.textAlign = "center";
    context.fillStyle = ink;
    if (this.plan.sections.length > 1) {
      context.font = `700 ${Math.max(this.radius * 2, 13 / this.scale)}px Bricolage, sans-serif`;
      for (const section of this.plan.sections) {
        if (!section.rows.length) continue;
        let left = Infinity, right = -Infinity, top = Infinity;
        for (const row of section.rows) for (const { x, y } of row.seats) {
          left = Math.min(left, x); right = Math.max(right, x); top = Math.min(top, y);
        }
        context.fillText(section.name, (left + right) / 2, top - this.radius * 3);
      }
    }
    if (size * this.scale < 8) return;
    const [left, top] = this.at(0, 0), right = left + this.canvas.width / this.scale;
    const bottom = top + this.canvas.height / this.scale;
    context.font = `600 ${size}px Bricolage, sans-serif`;
    for (const section of this.plan.sections) {
      for (const row of section.rows) {
        const first = row.seats[0];
        if (first.y < top - 50 || first.y > bottom + 50) continue;
        const [dx, dy] = stepOf(row);
        context.fillStyle = ink;
        context.fillText(row.name, first.x - dx, first.y - dy);
        if (size * this.scale < 11) continue;
        for (const seat of row.seats) {
          if (seat.x < left || seat.x > right) continue;
          if (this.selected.has(seat.id) && (this.offset[0] || this.offset[1])) continue;
          context.fillStyle = seat.blocked || seat.kind !== "standard" ? ink : paper;
          context.fillText(seat.number, seat.x, seat.y);
        }
      }
    }
  }
}
