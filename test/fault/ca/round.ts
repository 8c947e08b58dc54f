import { setTimeout as sleep } from 'node:timers/promises'
import { CommandProcess } from './command-process.ts'
import type { Report } from './orders.ts'
import { PASSPHRASE_GIVEN, type Place } from './place.ts'
import { type Examination, problemsOf } from './problems.ts'
import { Random } from './random.ts'
import { refusalsIn } from './refusals-in.ts'
import { Stage, type Step, type Theatre } from './stage.ts'
import { activate, crl, init, issue, list, prepare, prepareRoot, renew } from './steps.ts'
import type { WorkerProcess } from './worker-process.ts'

/** How long a process works at most, in milliseconds. */
const LIFE_MS = 400
/** How long Node takes until a command begins. */
const START_MS = 200
const WAVES = 2

/** The life of a CA on which several processes work at once, each of which is killed at any moment. */
export class Round {
  readonly #stage: Stage
  readonly #place: Place
  readonly #random: Random
  readonly #examined: Omit<Examination, 'mayLeaveTemporaries' | 'isSettled'>
  readonly #problems: string[] = []

  /** Everything that is wrong after one of them. */
  static async problems(directory: string, seed: number, theatre: Theatre): Promise<readonly string[]> {
    const stage = await Stage.create(directory, { before: [], isEncrypted: seed % 10 === 0 }, theatre)
    const round = new Round(stage, await stage.copy(), seed)
    await round.#begin()
    for (let wave = 0; wave < WAVES; wave += 1) await round.#wave()
    return round.#problems
  }

  private constructor(stage: Stage, place: Place, seed: number) {
    this.#stage = stage
    this.#place = place
    this.#random = new Random(seed)
    this.#examined = stage.examine(place)
  }

  /** Two make the CA, and are killed. */
  async #begin(): Promise<void> {
    const { crew, isEncrypted } = this.#stage
    const workers = [crew.takeVictim(isEncrypted), crew.takeVictim(isEncrypted)]
    const args = await init(this.#place, this.#stage.roots)
    const began = workers.map(async (worker) => {
      await worker.ready
      void worker.start({ args })
      await this.#killLater(worker, LIFE_MS / 4)
    })
    await Promise.all(began)
    this.#hear(workers.flatMap(({ reports }) => reports))
    await this.#examine(false)
    this.#hear([await this.#stage.run(this.#place, init)])
    await this.#examine(true)
  }

  /** Three that go on and on, and one command as an operator gives it. All are killed, and what they leave is gone on with. */
  async #wave(): Promise<void> {
    const { crew, isEncrypted, roots } = this.#stage
    const args = await this.#random.oneOf([issue, renew, crl, prepare, prepareRoot])(this.#place, roots)
    const command = new CommandProcess(args, isEncrypted ? PASSPHRASE_GIVEN : {})
    const workers = (['services', 'services', 'operator'] as const).map((loop) => {
      const worker = crew.takeVictim(isEncrypted)
      void worker.start({ loop, place: this.#place, seed: this.#random.below(2 ** 32) })
      return worker
    })
    await Promise.all([
      ...workers.map((worker) => worker.ready.then(() => this.#killLater(worker, LIFE_MS))),
      this.#killLater(command, START_MS + LIFE_MS),
    ])
    const reports = [...workers.flatMap((worker) => worker.reports), ...[(await command.ended) ?? []].flat()]
    this.#stage.tally.commands += reports.length
    this.#hear(reports)
    await this.#examine(false)

    const issued = await this.#stage.run(this.#place, issue)
    const lacksIntermediate = refusalsIn(issued).some((refusal) => NO_INTERMEDIATE.test(refusal))
    const steps = lacksIntermediate ? [...(await this.#giveUp()), prepare, activate, issue] : []
    const next: Report[] = lacksIntermediate ? [] : [issued]
    for (const step of [list, ...steps, crl]) next.push(await this.#stage.run(this.#place, step))
    this.#problems.push(...refusalsIn(...next))
    this.#examined.evidence.hear(next)
    await this.#examine(true)
  }

  /** What is prepared may be below a former root. */
  async #giveUp(): Promise<readonly Step[]> {
    const { out } = await this.#stage.succeed(this.#place, list)
    const authorities: readonly { kind: string; name: string; state: string }[] = JSON.parse(out).authorities
    const prepared = authorities.filter(({ kind, state }) => kind === 'intermediate' && state === 'prepared')
    return prepared.map(({ name }) => () => ['ca', 'distrust', name, '--yes', '--dir', this.#place.dir])
  }

  async #killLater(process: WorkerProcess | CommandProcess, lifeMs: number): Promise<void> {
    await sleep(this.#random.fraction() * lifeMs)
    await process.kill()
    this.#stage.tally.kills += 1
  }

  #hear(reports: readonly Report[]): void {
    this.#examined.evidence.hear(reports)
    this.#problems.push(...refusalsIn(...reports).filter((refusal) => !REFUSALS.some((one) => one.test(refusal))))
  }

  async #examine(isSettled: boolean): Promise<void> {
    const found = await problemsOf({ ...this.#examined, mayLeaveTemporaries: true, isSettled })
    this.#problems.push(...found.map((problem) => problem.replaceAll(this.#place.base, '')))
  }
}

const NO_INTERMEDIATE = /has the key of no active intermediate/

/** What processes are refused for what others do, or for taking steps at random. */
const REFUSALS: readonly RegExp[] = [
  NO_INTERMEDIATE,
  /^ca init .*already/,
  /The intermediate that was to sign is not active/,
  /The service was revoked after this certificate was asked for/,
  /^ca renew .*(?:cannot be renewed|to renew is revoked|cannot be read: ENOENT)/,
  /No certificate has the serial number 40:|was never issued anything/,
  /is (?:prepared|retired|distrusted) already/,
  /No (?:root|intermediate "intermediate") is (?:prepared|retiring)/,
  /is retiring: "countersign ca rotate retire root" comes first/,
  /still valid/,
  /is below a root that is/,
  /rotate that intermediate first/,
  /The root was rotated meanwhile/,
]
