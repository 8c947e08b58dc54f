/** Items in as many groups as there are processes, or fewer; as even as can be. */
export function spread<Item>(items: readonly Item[], processes: number): readonly (readonly Item[])[] {
  const groups = Array.from({ length: Math.min(processes, items.length) }, (): Item[] => [])
  for (const [index, item] of items.entries()) groups[index % groups.length]?.push(item)
  return groups
}
