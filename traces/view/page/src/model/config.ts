// What the config of a run says, as far as the page reads it: the settings at its top. All else is shown as it is.

/** The settings at the top of a TOML text, before its first table, by name. What it does not understand is left out. */
export function settingsOf(toml: string): Map<string, string> {
  const all = new Map<string, string>();
  for (const line of toml.split("\n")) {
    if (line.startsWith("[")) break;
    const found = /^([A-Za-z0-9_-]+) *= *(.*)$/.exec(line);
    if (found) all.set(found[1]!, unquoted(found[2]!));
  }
  return all;
}

/** The text of a TOML value: a string without its quotes, anything else as it is. */
function unquoted(value: string): string {
  if (value.startsWith("'") && value.endsWith("'") && value.length > 1) return value.slice(1, -1);
  if (!value.startsWith('"')) return value;
  try {
    return String(JSON.parse(value.replace(/\\U([0-9A-Fa-f]{8})/g, (_, hex: string) => codePoint(hex))));
  } catch {
    return value;
  }
}

function codePoint(hex: string): string {
  const n = parseInt(hex, 16);
  return n <= 0x10ffff ? String.fromCodePoint(n) : "\uFFFD";
}
