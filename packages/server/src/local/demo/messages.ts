/**
 * The mail of the demo mailbox: enough of every kind that a newcomer can try each tool on something that looks like
 * a working week. All people, companies and numbers are made up. One mail tries to give the model orders.
 */
import { bulk } from './mail/bulk.ts'
import { launch } from './mail/launch.ts'
import { moneyAndTravel } from './mail/money-and-travel.ts'
import { otherFolders } from './mail/other-folders.ts'
import { people } from './mail/people.ts'
import type { DemoMessage } from './raw-message.ts'

/** In the order in which they get their UIDs. */
export const demoMessages: readonly DemoMessage[] = [
  ...launch,
  ...moneyAndTravel,
  ...people,
  ...bulk,
  ...otherFolders,
]
