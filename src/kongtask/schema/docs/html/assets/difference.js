// The difference of two texts, line by line.
"use strict";

// Cells of the table below which it is made; two texts that have nothing to do with one another
// and are longer than that are shown one after the other.
const LARGEST_TABLE = 16_000_000;

/**
 * Return the lines of two texts in one row: [sign, line], with "+" for new, "-" for old, " " for
 * both.
 */
function difference(before, after) {
  const old = before === null ? [] : before.split("\n");
  const now = after === null ? [] : after.split("\n");
  let start = 0;
  while (start < old.length && start < now.length && old[start] === now[start]) start += 1;
  let end = 0;
  while (
    end < old.length - start && end < now.length - start &&
    old[old.length - 1 - end] === now[now.length - 1 - end]
  ) end += 1;
  const same = (lines) => lines.map((line) => [" ", line]);
  return [
    ...same(old.slice(0, start)),
    ...middle(old.slice(start, old.length - end), now.slice(start, now.length - end)),
    ...same(end ? old.slice(-end) : []),
  ];
}

/** Return the difference of lines that neither begin nor end alike: their longest common row. */
function middle(old, now) {
  const width = now.length + 1;
  const isLarge = (old.length + 1) * width > LARGEST_TABLE;
  if (isLarge || !old.length || !now.length) {
    return [...old.map((line) => ["-", line]), ...now.map((line) => ["+", line])];
  }
  // common[i * width + j]: how long the common row of old[i…] and now[j…] is.
  const common = new Uint32Array((old.length + 1) * width);
  for (let i = old.length - 1; i >= 0; i -= 1) {
    for (let j = now.length - 1; j >= 0; j -= 1) {
      common[i * width + j] = old[i] === now[j]
        ? common[(i + 1) * width + j + 1] + 1
        : Math.max(common[(i + 1) * width + j], common[i * width + j + 1]);
    }
  }
  const found = [];
  let i = 0;
  let j = 0;
  while (i < old.length || j < now.length) {
    if (i < old.length && j < now.length && old[i] === now[j]) {
      found.push([" ", old[i]]);
      i += 1;
      j += 1;
    } else if (i < old.length && (j === now.length ||
        common[(i + 1) * width + j] >= common[i * width + j + 1])) {
      found.push(["-", old[i]]);
      i += 1;
    } else {
      found.push(["+", now[j]]);
      j += 1;
    }
  }
  return found;
}
