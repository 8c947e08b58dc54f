/** A number of things in words: `1 certificate`, `2 certificates`. */
export function counted(count: number, thing: string): string {
  return `${count} ${thing}${count === 1 ? '' : 's'}`
}
