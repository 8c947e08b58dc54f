import { Operator } from '../operator.ts'
import type { Report } from '../report.ts'
import type { Stage } from '../stage.ts'
import { AuthorityNames } from './authority-names.ts'
import { Meetings } from './meetings.ts'
import { Services } from './services.ts'

/** What the acts of the CA's story share. */
export interface CaScene {
  readonly stage: Stage
  readonly report: Report
  readonly operator: Operator
  readonly names: AuthorityNames
  readonly services: Services
  readonly meetings: Meetings
}

export function setScene(stage: Stage, report: Report): CaScene {
  const operator = new Operator(stage, report)
  const names = new AuthorityNames()
  const services = new Services(stage, operator, names)
  return { stage, report, operator, names, services, meetings: new Meetings(report, names) }
}

/** All that is valid calls all that is valid: no step may make one of them fail. */
export async function everyoneMeets({ services, meetings }: CaScene): Promise<void> {
  if (services.valid.length > 1) await meetings.all(services.valid)
}
