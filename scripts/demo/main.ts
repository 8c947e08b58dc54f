/** The demonstration: `npm start` tells the main story, `npm start -- NAME` another chapter, `npm start -- all` each. */

import { setTimeout } from 'node:timers/promises'
import { messageOf } from '../../src/core/errors.ts'
import { tellCaStory } from './chapters/ca.ts'
import { tellMainStory } from './chapters/main.ts'
import { tellRevocationStory } from './chapters/revocation.ts'
import { Report } from './report.ts'
import { Stage } from './stage.ts'

type Chapter = (stage: Stage, report: Report) => Promise<void>

const CHAPTERS: Readonly<Record<string, Chapter>> = {
  main: tellMainStory,
  ca: tellCaStory,
  revocation: tellRevocationStory,
}

const SIGNAL_DELAY_MS = 200

// A story that was stopped may still be waiting for something.
process.exit(await main(process.argv[2] ?? 'main'))

async function main(name: string): Promise<number> {
  const names = name === 'all' ? Object.keys(CHAPTERS) : [name]
  const chapters = names.map((chapter) => (Object.hasOwn(CHAPTERS, chapter) ? CHAPTERS[chapter] : undefined))
  const report = new Report()
  for (const chapter of chapters) {
    if (chapter === undefined) {
      report.say(`There is no chapter "${name}". There are: ${Object.keys(CHAPTERS).join(', ')}, all.`)
      return 2
    }
    const code = await play(chapter, report)
    if (code !== 0) return code
  }
  return report.summary() ? 0 : 1
}

/** Plays one chapter, and clears its stage however it ends. */
async function play(chapter: Chapter, report: Report): Promise<number> {
  const stopped = untilStopped()
  const stage = await Stage.open()
  try {
    const isStopped = await Promise.race([chapter(stage, report).then(() => false), stopped])
    return isStopped ? tellStopped(report) : 0
  } catch (error) {
    // Ctrl-C reaches the story's processes too, and the end of one of them may be noticed first.
    if (await Promise.race([stopped, setTimeout(SIGNAL_DELAY_MS, false)])) return tellStopped(report)
    report.say(`\nThe story broke off: ${messageOf(error)}`)
    return 1
  } finally {
    await stage.close()
  }
}

/** Later signals change nothing: they would keep the stage from being cleared. */
function untilStopped(): Promise<true> {
  return new Promise((resolve) => {
    process.stdout.on('error', () => resolve(true)) // nobody reads on
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => resolve(true))
  })
}

function tellStopped(report: Report): number {
  report.end('\nStopped: clearing up.')
  return 130
}
