import type { Fault, Report } from './orders.ts'
import { problemsOf } from './problems.ts'
import { refusalsIn } from './refusals-in.ts'
import type { Scenario } from './scenarios.ts'
import { Stage, type Theatre } from './stage.ts'
import { issue, list } from './steps.ts'

export type Mishap = 'die' | 'full' | 'readonly'

/** A command to which the same thing happens over and over, each time at another call. */
export class Mishaps {
  readonly #stage: Stage
  readonly #scenario: Scenario
  readonly #kind: Mishap

  static async of(scenario: Scenario, kind: Mishap, directory: string, theatre: Theatre): Promise<Mishaps> {
    return new Mishaps(await Stage.create(directory, scenario, theatre), scenario, kind)
  }

  private constructor(stage: Stage, scenario: Scenario, kind: Mishap) {
    this.#stage = stage
    this.#scenario = scenario
    this.#kind = kind
  }

  /** How many calls the command makes. */
  async calls(): Promise<number> {
    return (await this.#stage.succeed(await this.#stage.copy(), this.#scenario.command)).calls
  }

  /** Everything that is wrong after it has happened at a call, and after the command was repeated. */
  async at(call: number): Promise<readonly string[]> {
    const { command, done = /^$/, after = [issue] } = this.#scenario
    const place = await this.#stage.copy()
    const args = await command(place, this.#stage.roots)
    const examined = { ...this.#stage.examine(place), mayLeaveTemporaries: this.#kind !== 'full' }
    const reports = this.#kind === 'die' ? await this.#die(call, args) : await this.#failToWrite(call, args)
    examined.evidence.hear(reports)
    const problems = refusalsIn(...reports).filter((refusal) => !UNWRITABLE.test(refusal))
    problems.push(...(await problemsOf({ ...examined, isSettled: false })))

    const repeated = await this.#stage.run(place, () => args)
    problems.push(...refusalsIn(repeated).filter((refusal) => !done.test(refusal)))
    const next: Report[] = []
    for (const step of [list, ...after]) next.push(await this.#stage.run(place, step))
    problems.push(...refusalsIn(...next))
    examined.evidence.hear([repeated, ...next])
    problems.push(...(await problemsOf({ ...examined, isSettled: true })))
    return problems.map((problem) => `${this.#kind} at call ${call}: ${problem.replaceAll(place.base, '')}`)
  }

  async #die(call: number, args: readonly string[]): Promise<readonly Report[]> {
    const victim = this.#stage.crew.takeVictim(this.#stage.isEncrypted)
    const survived = await victim.runWith({ kind: 'die', call }, args)
    await victim.kill()
    if (survived !== undefined) throw new Error(`The command ended before it was killed at call ${call}.`)
    this.#stage.tally.kills += 1
    return victim.reports
  }

  async #failToWrite(call: number, args: readonly string[]): Promise<readonly Report[]> {
    const fault: Fault = { kind: this.#kind, call }
    const report = await this.#stage.crew.worker('one', this.#stage.isEncrypted).runWith(fault, args)
    this.#stage.tally.unwritable += 1
    return report === undefined ? [] : [report]
  }
}

const UNWRITABLE =
  /CONFIGURATION_INVALID .*(?:no space left|read-only file system)|STORE_UNAVAILABLE .*The store cannot be written/
