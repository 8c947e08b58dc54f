import { setTimeout as sleep } from 'node:timers/promises'
import type { Report } from './orders.ts'
import type { Pair } from './pairs.ts'
import type { Place } from './place.ts'
import { problemsOf } from './problems.ts'
import { refusalsIn } from './refusals-in.ts'
import { Stage, type Theatre } from './stage.ts'
import { issue } from './steps.ts'

/** How long the other one is given before it is taken to wait for the one that pauses. */
const TURN_MS = 200

/** Two commands that meet: one pauses, the other one has its turn, and the first goes on. */
export class Meetings {
  readonly #stage: Stage
  readonly #pair: Pair

  static async of(pair: Pair, directory: string, theatre: Theatre): Promise<Meetings> {
    return new Meetings(await Stage.create(directory, pair, theatre), pair)
  }

  private constructor(stage: Stage, pair: Pair) {
    this.#stage = stage
    this.#pair = pair
  }

  /** How many calls the command makes that pauses. */
  async calls(): Promise<number> {
    return (await this.#stage.succeed(await this.#stage.copy(), this.#pair.one)).calls
  }

  /** Everything that is wrong after the one has paused before a call. */
  async at(call: number): Promise<readonly string[]> {
    const { one, other, refused, after = [issue] } = this.#pair
    const place = await this.#stage.copy()
    const examined = { ...this.#stage.examine(place), mayLeaveTemporaries: false, isSettled: true }
    const worker = this.#stage.crew.worker('one', this.#stage.isEncrypted)
    const pausing = worker.runWith({ kind: 'pause', call }, await one(place, this.#stage.roots))
    const isPaused = await Promise.race([worker.paused().then(() => true), pausing.then(() => false)])
    const otherTurn = this.#takeTurn(place, other)
    const problems: string[] = isPaused ? [] : ['the one did not pause, so that they did not meet']
    if (isPaused) {
      const isDone = await Promise.race([otherTurn.then(() => true), sleep(TURN_MS, false)])
      // What the one that pauses does from now on must change nothing of this.
      if (isDone) problems.push(...(await problemsOf({ ...examined, mayLeaveTemporaries: true, isSettled: false })))
      this.#stage.tally.meetings += 1
      worker.goOn()
    }
    const reports = [await pausing, ...(await otherTurn)].filter((report) => report !== undefined)
    examined.evidence.hear(reports)

    const refusals = refusalsIn(...reports)
    problems.push(...refusals.filter((refusal) => !refused?.test(refusal)))
    if (refusals.length === reports.length) problems.push('both were refused')
    if (this.#pair.isForOne && refusals.length === 0) problems.push('neither was refused')
    problems.push(...(await problemsOf(examined)))
    for (const step of after) problems.push(...refusalsIn(await this.#stage.run(place, step)))
    return problems.map((problem) => `met before call ${call}: ${problem.replaceAll(place.base, '')}`)
  }

  async #takeTurn(place: Place, steps: Pair['other']): Promise<readonly Report[]> {
    const worker = this.#stage.crew.worker('other', this.#stage.isEncrypted)
    const reports: Report[] = []
    for (const step of steps) reports.push(await worker.run(...(await step(place, this.#stage.roots))))
    return reports
  }
}
