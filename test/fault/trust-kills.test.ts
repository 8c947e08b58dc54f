import { afterAll, describe, expect, test } from 'vitest'
import { Random } from './ca/random.ts'
import { useCompileCache } from './compile-cache.ts'
import { ROUNDS, SEED } from './rounds.ts'
import { KillRounds } from './trust/kill-rounds.ts'
import { Premises } from './trust/premises.ts'
import { Tally } from './trust/tally.ts'

useCompileCache()

const tally = new Tally()
afterAll(() => void process.stdout.write(`${tally}\n`))

/** A round, with the time that a verifier takes to come back. */
const timeout = 60_000 + ROUNDS * 10_000

describe(`an authority is killed at any moment (FAULT_SEED=${SEED}): what it acknowledged is never lost`, () => {
  test('alone, it is missed until it is back, and good calls go on', { timeout }, () => tryKills(1, ROUNDS))

  test('beside another on one store, it is missed by nobody', { timeout }, () => tryKills(2, Math.ceil(ROUNDS / 2)))
})

async function tryKills(authorityCount: number, roundCount: number): Promise<void> {
  const premises = await Premises.create()
  const authorities = []
  for (let index = 0; index < authorityCount; index += 1) authorities.push(await premises.startAuthority())
  const rounds = await KillRounds.begin({ premises, authorities, random: new Random(SEED), tally })
  for (let round = 0; round < roundCount; round += 1) await rounds.round(round)
  await rounds.end()
  expect(rounds.problems).toEqual([])
}
