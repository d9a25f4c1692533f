// Recorded values as text. Recorded text comes from pages that may be hostile: what could hide or reorder it is escaped.

const HIDDEN =
  /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff\u{e0000}-\u{e007f}]/gu;

function escaped(character) {
  const code = character.codePointAt(0).toString(16);
  return code.length > 4 ? `\\U${code.padStart(8, "0")}` : `\\u${code.padStart(4, "0")}`;
}

// Return text in which every character that acts on other text is a visible escape; lines stay.
export function visible(text) {
  return String(text ?? "").replace(HIDDEN, escaped);
}

// Return text as one line.
export function oneLine(text) {
  return visible(text).replaceAll("\n", " ");
}

export function seconds(value) {
  return `${value.toFixed(3)} s`;
}

export function duration(value) {
  if (value < 1) return `${value.toFixed(2)} s`;
  if (value < 59.95) return `${value.toFixed(1)} s`;
  const whole = Math.round(value);
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  return hours ? `${hours} h ${String(minutes).padStart(2, "0")} min` : `${minutes} min ${String(rest).padStart(2, "0")} s`;
}

export function size(bytes) {
  if (bytes < 0) return "";
  if (bytes < 1000) return `${bytes} B`;
  return bytes < 1e6 ? `${(bytes / 1e3).toFixed(1)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}

export function count(amount, noun) {
  return `${amount.toLocaleString("en")} ${noun}${amount === 1 ? "" : "s"}`;
}

// Return a piece of evidence in words: text as it is, an object as names and values, and what is deeper as JSON.
export function inWords(value) {
  if (typeof value === "string") return visible(value);
  if (typeof value !== "object" || value === null || Array.isArray(value)) return visible(JSON.stringify(value));
  const words = ([name, inner]) => `${name}: ${typeof inner === "string" ? inner : JSON.stringify(inner)}`;
  return visible(Object.entries(value).map(words).join("; "));
}
