type Answers = Readonly<Record<string, (argument: never) => Promise<unknown>>>

/**
 * Makes this process a worker: each request names one of `answers`. `cpuMicros` tells what it has used so far.
 * It ends with the process that asks.
 */
export function answerRequests(answers: Answers): void {
  const all: Answers = { ...answers, cpuMicros: async () => cpuMicros() }
  process.on('message', async ([name, argument]: [string, never]) => {
    process.send?.({ answer: await all[name]?.(argument) })
  })
  process.once('disconnect', () => process.exit())
}

function cpuMicros(): number {
  const { user, system } = process.cpuUsage()
  return user + system
}
