import { AuthError } from '../core/errors.ts'
import type { Changes, Changes__Output } from '../gen/countersign/v1/Changes.ts'
import type { Revision__Output } from '../gen/countersign/v1/Revision.ts'
import { type Block, MAX_ID_LENGTH, type RevokedById, type RevokedUpTo, type TrustChange } from '../trust/change.ts'
import type { Revision } from '../trust/revision.ts'

type ListOfIds = 'tokens' | 'grants' | 'certificates' | 'intermediates' | 'signingKeys'
type ListOfFloors = 'subjects' | 'clients' | 'services'

const LIST_OF_IDS: Readonly<Record<RevokedById['kind'], ListOfIds>> = {
  token: 'tokens',
  grant: 'grants',
  certificate: 'certificates',
  intermediate: 'intermediates',
  signingKey: 'signingKeys',
}

const LIST_OF_FLOORS: Readonly<Record<RevokedUpTo['kind'], ListOfFloors>> = {
  subject: 'subjects',
  client: 'clients',
  service: 'services',
}

const LISTS_OF_IDS = Object.entries(LIST_OF_IDS) as [RevokedById['kind'], ListOfIds][]
const LISTS_OF_FLOORS = Object.entries(LIST_OF_FLOORS) as [RevokedUpTo['kind'], ListOfFloors][]

/** Changes as they travel: each kind in a list of its own. */
export function encodeChanges(changes: readonly TrustChange[]): Changes {
  const byKind = Object.groupBy(changes, ({ kind }) => kind) as unknown as ChangesByKind
  const blocks = byKind.block ?? []
  return {
    keys: (byKind.key ?? []).map(({ id, statement, signature, certificateChain }) => ({
      keyId: id,
      statement,
      signature,
      certificateChain: [...certificateChain],
    })),
    bundleStatements: (byKind.roots ?? []).map(({ text, signature }) => ({ text, signature })),
    ...encodeLists(LIST_OF_IDS, (kind) => {
      const list = byKind[kind] ?? []
      return { ids: list.map(({ id }) => id), until: list.map(({ until }) => until) }
    }),
    ...encodeLists(LIST_OF_FLOORS, (kind) => {
      const list = byKind[kind] ?? []
      return { ids: list.map(({ id }) => id), upTo: list.map(({ upTo }) => upTo) }
    }),
    blockedServices: blocks.filter(({ isLifted }) => !isLifted).map(({ id }) => id),
    unblockedServices: blocks.filter(({ isLifted }) => isLifted).map(({ id }) => id),
  }
}

type ChangesByKind = { readonly [Kind in TrustChange['kind']]?: readonly Extract<TrustChange, { kind: Kind }>[] } & {
  readonly [Kind in RevokedById['kind']]?: readonly RevokedById[]
} & { readonly [Kind in RevokedUpTo['kind']]?: readonly RevokedUpTo[] } & { readonly block?: readonly Block[] }

/** Lists that hold nothing are left out. */
function encodeLists<Kind extends string, Name extends string, List extends { readonly ids: readonly string[] }>(
  names: Readonly<Record<Kind, Name>>,
  listOf: (kind: Kind) => List,
): Partial<Record<Name, List>> {
  const entries = (Object.entries(names) as [Kind, Name][]).map(([kind, name]) => [name, listOf(kind)] as const)
  return Object.fromEntries(entries.filter(([, { ids }]) => ids.length > 0)) as Partial<Record<Name, List>>
}

/**
 * Reads changes. What keys and statements say is not looked at.
 * @throws AuthError REQUEST_INVALID
 */
export function parseChanges(message: Changes__Output | null): readonly TrustChange[] {
  if (message === null) return []
  const changes: TrustChange[] = []
  for (const { text, signature } of message.bundleStatements) {
    changes.push({ kind: 'roots', text, signature })
  }
  for (const { keyId, statement, signature, certificateChain } of message.keys) {
    changes.push({ kind: 'key', id: keyId, statement, signature, certificateChain })
  }
  for (const [kind, name] of LISTS_OF_IDS) {
    const list = message[name]
    if (list !== null) eachPair(list.ids, list.until, (id, until) => changes.push({ kind, id, until }))
  }
  for (const [kind, name] of LISTS_OF_FLOORS) {
    const list = message[name]
    if (list !== null) eachPair(list.ids, list.upTo, (id, upTo) => changes.push({ kind, id, upTo }))
  }
  for (const id of message.blockedServices) changes.push({ kind: 'block', id: requireId(id), isLifted: false })
  for (const id of message.unblockedServices) changes.push({ kind: 'block', id: requireId(id), isLifted: true })
  return changes
}

/** @throws AuthError REQUEST_INVALID where there is none, or it is beyond what is exact in a number */
export function parseRevision(message: Revision__Output | null): Revision {
  return { epoch: parseCount(message?.epoch), sequence: parseCount(message?.sequence) }
}

/** A 64-bit integer. @throws AuthError REQUEST_INVALID */
export function parseCount(text: string | undefined): number {
  const number = Number(text)
  if (text !== undefined && Number.isSafeInteger(number) && number >= 0) return number
  throw garbled('a number is missing, or too large')
}

function eachPair(ids: readonly string[], times: readonly number[], take: (id: string, time: number) => void): void {
  if (ids.length !== times.length) throw garbled('a list of revocations has not as many times as IDs')
  for (const [index, id] of ids.entries()) take(requireId(id), times[index] ?? 0)
}

function requireId(id: string): string {
  if (id !== '' && id.length <= MAX_ID_LENGTH) return id
  throw garbled('an ID is empty or too long')
}

function garbled(problem: string): AuthError {
  return new AuthError('REQUEST_INVALID', `A message of the trust feed is garbled: ${problem}.`)
}
