import type { RevocationScene } from './scene.ts'

/** What `trust status` says to programs, as far as the story looks at it. */
interface AuthorityStatus {
  readonly revision: string
  readonly verifiers: readonly { readonly service: string; readonly revision: string; readonly lagMs: number }[]
}

interface ServiceStatus {
  readonly state: string
  readonly revision: string
  readonly ageMs?: number
  readonly keys: number
  readonly entries: number
}

const AS_OPERATOR = '--operator alice --credentials credentials'

/** An operator asks who hears of what. */
export async function tellStatus(scene: RevocationScene): Promise<void> {
  scene.report.say('\nWho hears: an operator asks the authority, and one of the replicas')
  // Five services in processes of their own hear, and the two that the story is.
  const words = '7 verifiers listen, all of them up to date'
  await Promise.all([askAuthority(scene, words), askReplica(scene, scene.inventory, 'fresh')])
}

/** @param words what it must say */
export async function askAuthority({ operator, authority }: RevocationScene, words: string): Promise<void> {
  const tell = ({ revision, verifiers }: AuthorityStatus) => {
    const behind = verifiers.filter((verifier) => verifier.revision !== revision)
    const lag = Math.max(0, ...behind.map(({ lagMs }) => lagMs))
    const state = behind.length === 0 ? 'all of them up to date' : `${behind.length} behind, by up to ${lag} ms`
    return `${verifiers.length} verifiers listen, ${state}. Revision ${revision}.`
  }
  await operator.run<AuthorityStatus>(`trust status --address ${authority.address} ${AS_OPERATOR}`, tell, words)
}

export async function askReplica(
  { operator }: RevocationScene,
  { name, address }: { readonly name: string; readonly address: string },
  state: string,
): Promise<void> {
  await operator.run<ServiceStatus>(
    `trust status inventory --address ${address} ${AS_OPERATOR}`,
    ({ state, revision, ageMs = 0, keys, entries }) => {
      const age = `vouched for ${(ageMs / 1000).toFixed(1)} s ago`
      return `${name} is ${state}: revision ${revision}, ${age}; keys: ${keys}, revocations: ${entries}.`
    },
    `${name} is ${state}`,
  )
}
