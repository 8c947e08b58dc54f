import type { CaScene } from './scene.ts'

/** What `ca list` says to programs, as far as the story looks at it. */
interface Listed {
  readonly authorities: readonly { readonly name: string; readonly state: string }[]
  readonly certificates: readonly { readonly state: string }[]
}

/**
 * Has the CA list what it has.
 * @param words `root 1 active, intermediate 1 active; of services: 3 live`
 */
export async function listAll({ operator, names }: CaScene, words: string): Promise<void> {
  const told = ({ authorities, certificates }: Listed) => {
    const own = authorities.map(({ name, state }) => `${names.of(name)} ${state}`)
    return `${own.join(', ')}; of services: ${countsOf(certificates.map(({ state }) => state))}`
  }
  await operator.run<Listed>('ca list', told, words)
}

function countsOf(states: readonly string[]): string {
  const counts = Map.groupBy(states, (state) => state)
  const counted = [...counts].map(([state, { length }]) => `${length} ${state}`).sort()
  return counted.join(', ') || 'none'
}
