import { monotonicClock } from '../../src/core/clock.ts'
import type { CommandEnd } from './command.ts'
import type { Ending, Report } from './report.ts'
import type { Stage } from './stage.ts'

/** Runs commands of `countersign`, and reports of them in the order in which they were begun. */
export class Operator {
  readonly #stage: Stage
  readonly #report: Report
  #reported: Promise<unknown> = Promise.resolve()

  constructor(stage: Stage, report: Report) {
    this.#stage = stage
    this.#report = report
  }

  /**
   * Runs a command that must be done; the story cannot go on where it is not.
   * @param tell says what came of it, from what the command says to programs
   * @param words must be in what is told
   */
  run<Result>(command: string, tell: (result: Result) => string, words: string): Promise<Result> {
    return this.runAndLoad<Result, Result>(command, async (result) => result, tell, words)
  }

  /**
   * The same for a command of which the files count that it leaves behind.
   * @param load reads these
   */
  runAndLoad<Result, Loaded>(
    command: string,
    load: (result: Result) => Promise<Loaded>,
    tell: (loaded: Loaded) => string,
    words: string,
  ): Promise<Loaded> {
    return this.#inTurn(command, async (end, durationMs) => {
      const expected: Ending = { outcome: 'done', reason: words }
      if (end.outcome === 'refused') {
        this.#tell(command, expected, refusal(end, words), durationMs, end.message)
        throw new Error(`${command} was refused: ${end.message}`)
      }
      // The caller knows what its command writes.
      const loaded = await load(end.result as Result)
      const told = tell(loaded)
      this.#tell(command, expected, { outcome: 'done', reason: told.includes(words) ? words : told }, durationMs, told)
      return loaded
    })
  }

  /**
   * Runs a command that must be refused.
   * @param words must be in the message
   */
  runRefused(command: string, code: string, words: string): Promise<void> {
    return this.#inTurn(command, async (end, durationMs) => {
      const expected: Ending = { outcome: 'refused', reason: `${code}: ${words}` }
      const told = end.outcome === 'done' ? JSON.stringify(end.result) : `${end.code}: ${end.message}`
      const actual: Ending = end.outcome === 'done' ? { outcome: 'done' } : refusal(end, words)
      this.#tell(command, expected, actual, durationMs, told)
    })
  }

  #tell(command: string, expected: Ending, actual: Ending, durationMs: number, told: string): void {
    this.#report.step({ kind: 'command', what: `countersign ${command}`, expected, actual, durationMs, told })
  }

  /** Commands run at once where they are not waited for; what is told of them keeps their order. */
  #inTurn<Told>(command: string, tell: (end: CommandEnd, durationMs: number) => Promise<Told>): Promise<Told> {
    const start = monotonicClock()
    const ended = this.#stage
      .attempt(...command.split(' '))
      .then((end) => ({ end, durationMs: monotonicClock() - start }))
    const told = Promise.all([ended, this.#reported]).then(([{ end, durationMs }]) => tell(end, durationMs))
    this.#reported = told.catch(() => {})
    return told
  }
}

function refusal({ code, message }: Extract<CommandEnd, { outcome: 'refused' }>, words: string): Ending {
  return { outcome: 'refused', reason: `${code}: ${message.includes(words) ? words : message}` }
}
