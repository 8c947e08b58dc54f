import type { Workload } from 'countersign'

/** Waits for SIGTERM or SIGINT, then lets calls end and leaves the mesh. A second signal ends the process at once. */
export async function untilStopped(workload: Workload): Promise<void> {
  await new Promise<void>((resolve) => {
    const stop = () => {
      process.off('SIGTERM', stop).off('SIGINT', stop)
      resolve()
    }
    process.on('SIGTERM', stop).on('SIGINT', stop)
  })
  await workload.close()
}
