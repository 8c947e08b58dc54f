import { bareCodeOf, folderOf, type Import, importsOf, type Sources } from './source-files.ts'

/** The floor of each folder: it imports from the floors below its own. */
export type Floors = Readonly<Record<string, number>>

/** The files and folders (with a final slash) in which something may stand. */
export type Places = readonly string[]

/** A way of reaching for something outside of the program's arguments, and where that is allowed. */
export interface Reach {
  readonly what: string
  readonly pattern: RegExp
  readonly places: Places
}

/** Imports that lead up, to another folder of the same floor, out of the house, or to a file that is not there. */
export function floorProblems(sources: Sources, floors: Floors): readonly string[] {
  const homeless = Object.keys(sources).filter((path) => floors[folderOf(path)] === undefined)
  const imports = allImports(sources).flatMap(({ path, specifier, target }) => {
    if (target === undefined) return []
    if (sources[target] === undefined) return [`${path} imports ${specifier}, which is no file of src`]
    return isBelow(folderOf(target), folderOf(path), floors) ? [] : [`${path} imports ${target}, which is not below it`]
  })
  return [...homeless.map((path) => `${path} is in a folder without a floor`), ...imports]
}

function isBelow(lower: string, upper: string, floors: Floors): boolean {
  return lower === upper || (floors[lower] ?? Infinity) < (floors[upper] ?? -Infinity)
}

/**
 * Packages imported outside of their places, and packages that have none.
 * @param vendors by what is imported: a specifier, or a prefix of specifiers with a final slash
 * @param builtins the modules of Node that have a place; the others may be imported anywhere
 */
export function vendorProblems(
  sources: Sources,
  vendors: Readonly<Record<string, Places>>,
  builtins: Readonly<Record<string, Places>>,
): readonly string[] {
  return allImports(sources).flatMap(({ path, specifier, target }) => {
    if (target !== undefined) return []
    const places = specifier.startsWith('node:')
      ? (placesOf(specifier, builtins) ?? [path])
      : placesOf(specifier, vendors)
    if (places === undefined) return [`${path} imports ${specifier}, which has no place`]
    return isAmong(path, places) ? [] : [`${path} imports ${specifier}, whose place is ${describe(places)}`]
  })
}

function placesOf(specifier: string, table: Readonly<Record<string, Places>>): Places | undefined {
  const prefix = Object.keys(table).find((key) => key.endsWith('/') && specifier.startsWith(key))
  return table[specifier] ?? (prefix === undefined ? undefined : table[prefix])
}

/** Code that reads the environment or the clock, or ends the process, outside of its place. */
export function reachProblems(sources: Sources, reaches: readonly Reach[]): readonly string[] {
  return Object.entries(sources).flatMap(([path, text]) => {
    const code = bareCodeOf(text)
    return reaches
      .filter(({ pattern, places }) => pattern.test(code) && !isAmong(path, places))
      .map(({ what, places }) => `${path} reaches for ${what}, whose place is ${describe(places)}`)
  })
}

function isAmong(path: string, places: Places): boolean {
  return places.some((place) => (place.endsWith('/') ? path.startsWith(place) : path === place))
}

function describe(places: Places): string {
  return places.length === 0 ? 'nowhere' : places.join(', ')
}

/** Each chain of files that imports itself, once. */
export function cycleProblems(sources: Sources): readonly string[] {
  const graph = graphOf(sources)
  const problems: string[] = []
  const done = new Set<string>()
  const visit = (path: string, trail: readonly string[]): void => {
    if (trail.includes(path)) problems.push([...trail.slice(trail.indexOf(path)), path].join(' → '))
    if (trail.includes(path) || done.has(path)) return
    for (const next of graph.get(path) ?? []) visit(next, [...trail, path])
    done.add(path)
  }
  for (const path of graph.keys()) visit(path, [])
  return problems
}

/** Packages that are reached from a file, over every file that it imports, and that it may not reach. */
export function loadProblems(
  sources: Sources,
  entry: string,
  isAllowed: (specifier: string) => boolean,
): readonly string[] {
  const reached = reachableFrom(entry, graphOf(sources))
  return allImports(sources)
    .filter(({ path, target }) => target === undefined && reached.has(path))
    .filter(({ specifier }) => !isAllowed(specifier))
    .map(({ path, specifier }) => `${entry} reaches ${specifier} by way of ${path}`)
}

function reachableFrom(entry: string, graph: ReadonlyMap<string, readonly string[]>): ReadonlySet<string> {
  const reached = new Set([entry])
  for (const path of reached) {
    for (const target of graph.get(path) ?? []) reached.add(target)
  }
  return reached
}

function graphOf(sources: Sources): ReadonlyMap<string, readonly string[]> {
  return new Map(
    Object.entries(sources).map(([path, text]) => [
      path,
      importsOf(path, text).flatMap(({ target }) => (target === undefined ? [] : [target])),
    ]),
  )
}

function allImports(sources: Sources): readonly (Import & { readonly path: string })[] {
  return Object.entries(sources).flatMap(([path, text]) => importsOf(path, text).map((found) => ({ ...found, path })))
}
