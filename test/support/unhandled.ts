/** What was rejected or thrown while `act` ran, and would have ended a process of its own. */
export async function unhandledDuring(act: () => Promise<unknown>): Promise<readonly unknown[]> {
  const events = ['unhandledRejection', 'uncaughtException'] as const
  const unhandled: unknown[] = []
  const keep = (error: unknown) => void unhandled.push(error)
  const restore = events.map((event) => {
    const others = process.rawListeners(event) as ((...args: unknown[]) => void)[]
    process.removeAllListeners(event).on(event, keep)
    return () => {
      process.removeAllListeners(event)
      for (const listener of others) process.on(event, listener)
    }
  })
  try {
    await act()
    await new Promise((resolve) => setTimeout(resolve, 20)) // Node tells of a rejection a turn later
  } finally {
    for (const undo of restore) undo()
  }
  return unhandled
}
