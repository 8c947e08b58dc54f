import { AuthError } from '../../core/errors.ts'
import { encodeStatement, parseStatement } from '../../identity/bundle-statement.ts'
import type { Certificate } from '../../identity/certificate.ts'
import { chainOf, intermediatesOf, labelOf, move, rootOf, rootsOf } from './authorities.ts'
import type { AuthorityRecord, CaState, RecordedStatement } from './ca-state.ts'

const EPOCH = 1

/** Signs the text of a statement with the key of the active root; undefined while that key is kept elsewhere. */
export type SignText = ((text: string) => Buffer) | undefined

/** Adds the statement that these are the roots. Without `sign` its signature is awaited. */
export function addStatement(state: CaState, roots: readonly AuthorityRecord[], sign: SignText): CaState {
  const sequence = (state.statements.at(-1)?.sequence ?? 0) + 1
  const certificates = roots.map((root): Certificate => chainOf(root)[0])
  const { trustDomain } = state
  const text = encodeStatement({ trustDomain, epoch: EPOCH, sequence, roots: certificates })
  const statement = { epoch: EPOCH, sequence, text, signature: sign?.(text).toString('base64') }
  return { ...state, statements: [...state.statements, statement] }
}

/** The statement whose signature is awaited. */
export function awaitedStatement(state: CaState): RecordedStatement | undefined {
  return state.statements.find((statement) => statement.signature === undefined && !isWithdrawn(state, statement))
}

/**
 * The statements that are to be signed no more, as a root which they name was given up. They stay, since that root's owner
 * may have them still: no later statement must have the sequence of one of them.
 */
export function withdrawnStatements(state: CaState): readonly RecordedStatement[] {
  return state.statements.filter((statement) => statement.signature === undefined && isWithdrawn(state, statement))
}

function isWithdrawn(state: CaState, { text }: RecordedStatement): boolean {
  const givenUp = rootsOf(state, 'distrusted').map((root) => chainOf(root)[0])
  return parseStatement(text).roots.some(({ der }) => givenUp.some((root) => root.der.equals(der)))
}

/** @throws AuthError REQUEST_INVALID while a signature is awaited: what it will say is not decided until then */
export function requireNoneAwaited(state: CaState): void {
  const awaited = awaitedStatement(state)
  if (awaited === undefined) return
  throw new AuthError(
    'REQUEST_INVALID',
    `Bundle statement ${awaited.sequence} awaits the signature of the root: "countersign ca import" takes it.`,
  )
}

/** @throws AuthError REQUEST_INVALID while an intermediate below a root is in use */
export function requireUnused(state: CaState, root: AuthorityRecord): void {
  const inUse = intermediatesOf(state, ['requested', 'prepared', 'active', 'retiring'])
  const below = inUse.find((intermediate) => rootOf(state, intermediate)?.keyId === root.keyId)
  if (below === undefined) return
  throw new AuthError(
    'REQUEST_INVALID',
    `${labelOf(below)} below ${labelOf(root)} is ${below.state}: rotate that intermediate first, until it is retired.`,
  )
}

/**
 * Puts a statement in force whose signature has been verified. Roots that it names are prepared; of the others, those that
 * were retiring are retired, and those that were prepared given up.
 */
export function applyStatement(state: CaState, statement: RecordedStatement, now: number): CaState {
  const statements = state.statements.map((former) => (former.sequence === statement.sequence ? statement : former))
  const stated = new Set(parseStatement(statement.text).roots.map(({ der }) => der.toString('base64')))
  const isStated = (root: AuthorityRecord) => stated.has(chainOf(root)[0].der.toString('base64'))
  const come = rootsOf(state, 'requested').filter(isStated)
  const gone = rootsOf(state, 'retiring').filter((root) => !isStated(root))
  const givenUp = rootsOf(state, 'prepared').filter((root) => !isStated(root))
  for (const root of gone) requireUnused(state, root)
  const ends = [
    ...come.map((root) => [root, 'prepared'] as const),
    ...gone.map((root) => [root, 'retired'] as const),
    ...givenUp.map((root) => [root, 'distrusted'] as const),
  ]
  return ends.reduce<CaState>((changed, [root, end]) => move(changed, root, end, now), { ...state, statements })
}
