/** A method as it is called in code: `PlaceOrder` is `placeOrder`. The types do the same with `Uncapitalize`. */
export function methodNameOf(name: string): string {
  return name.charAt(0).toLowerCase() + name.slice(1)
}
