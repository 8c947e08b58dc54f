import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { temporaryDirectory } from '../support/directory.ts'
import { Crew } from './ca/crew.ts'
import { Meetings } from './ca/meetings.ts'
import { type Mishap, Mishaps } from './ca/mishaps.ts'
import { PAIRS } from './ca/pairs.ts'
import { Round } from './ca/round.ts'
import { SCENARIOS, type Scenario } from './ca/scenarios.ts'
import { Tally } from './ca/tally.ts'

const { FAULT_ROUNDS = '10', FAULT_SEED } = process.env
const ROUNDS = Number(FAULT_ROUNDS)
if (!Number.isSafeInteger(ROUNDS) || ROUNDS < 1) throw new Error('FAULT_ROUNDS is a count: FAULT_ROUNDS=10.')

/** One less than that of the first round. */
const FIRST_SEED = (FAULT_SEED === undefined ? Math.floor(Math.random() * 2 ** 32) : Number(FAULT_SEED)) - 1

/** Of so many calls that a command makes one is tried, beginning with any of the first: all of them in some runs. */
const STRIDE = Math.max(1, Math.round(160 / ROUNDS))
/** Keys take a tenth of a second each to encrypt and to decrypt. */
const ENCRYPTED_STRIDE = 4 * STRIDE

const theatre = { crew: new Crew(), tally: new Tally() }
let cache: string
beforeAll(async () => {
  // Processes are started by the hundred: what they load is compiled once.
  cache = await mkdtemp(join(tmpdir(), 'countersign-'))
  process.env['NODE_COMPILE_CACHE'] = cache
})
afterAll(async () => {
  await theatre.crew.close()
  process.stdout.write(`${theatre.tally}\n`)
  await rm(cache, { recursive: true, force: true })
})

describe('whenever a command is killed, nothing is without a record, no file is half, and the next command goes on', () => {
  for (const scenario of SCENARIOS) test(scenario.title, () => tryCalls(scenario, 'die'))
})

describe.for([
  ['the disk is full', 'full'],
  ['the disk can only be read', 'readonly'],
] as const)(
  'from the moment that %s, a command says so, nothing is half, and the next command goes on',
  ([, mishap]) => {
    for (const scenario of SCENARIOS.filter(({ isEncrypted }) => isEncrypted !== true)) {
      test(scenario.title, () => tryCalls(scenario, mishap))
    }
  },
)

describe('wherever two processes meet, neither undoes what the other has done', () => {
  for (const pair of PAIRS) {
    test(pair.title, async () => {
      const meetings = await Meetings.of(pair, await temporaryDirectory(), theatre)
      expect(await problemsAt(meetings, STRIDE)).toEqual([])
    })
  }
})

describe('several processes work on a CA, and each is killed at any moment', () => {
  for (let round = 1; round <= ROUNDS; round += 1) {
    const seed = (FIRST_SEED + round) >>> 0
    test(`round ${round}: FAULT_ROUNDS=1 FAULT_SEED=${seed} tries it again`, async () => {
      expect(await Round.problems(await temporaryDirectory(), seed, theatre)).toEqual([])
    })
  }
})

async function tryCalls(scenario: Scenario, mishap: Mishap): Promise<void> {
  const mishaps = await Mishaps.of(scenario, mishap, await temporaryDirectory(), theatre)
  expect(await problemsAt(mishaps, scenario.isEncrypted ? ENCRYPTED_STRIDE : STRIDE)).toEqual([])
}

interface Trials {
  calls(): Promise<number>
  at(call: number): Promise<readonly string[]>
}

async function problemsAt(trials: Trials, stride: number): Promise<readonly string[]> {
  const problems: string[] = []
  const calls = await trials.calls()
  if (calls === 0) return ['The command makes no call at which anything could befall it.']
  const first = 1 + Math.floor(Math.random() * Math.min(stride, calls))
  for (let call = first; call <= calls; call += stride) problems.push(...(await trials.at(call)))
  return problems
}
