import type { CaState } from '../ca/issuers/ca-state.ts'
import { LAST_SECOND, type TrustChange } from '../trust/change.ts'

/**
 * What verifiers must hear of between two states of a CA: intermediates that are distrusted now, statements that are signed
 * now. One that is distrusted stays so for good: whoever has its key dates what it signs as it likes.
 */
export function changesBetween(former: CaState, state: CaState): readonly TrustChange[] {
  const knownAsDistrusted = new Set(distrustedIn(former))
  const knownAsSigned = new Set(signedIn(former).map(({ text }) => text))
  return [
    ...signedIn(state).filter(({ text }) => !knownAsSigned.has(text)),
    ...distrustedIn(state)
      .filter((id) => !knownAsDistrusted.has(id))
      .map((id) => ({ kind: 'intermediate', id, until: LAST_SECOND }) as const),
  ]
}

function distrustedIn({ authorities }: CaState): readonly string[] {
  return authorities.flatMap(({ kind, state, keyId }) =>
    kind === 'intermediate' && state === 'distrusted' ? [keyId] : [],
  )
}

function signedIn({ statements }: CaState) {
  return statements.flatMap(({ text, signature }) =>
    signature === undefined ? [] : [{ kind: 'roots', text, signature: Buffer.from(signature, 'base64') } as const],
  )
}
