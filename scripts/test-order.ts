/**
 * In which order the test files run, and which share a process. The longest begin first, those that compute beside those
 * that wait, or the run would end with one of them alone. Which those are was measured (longest-tests.ts).
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { BaseSequencer, type TestSpecification } from 'vitest/node'
import { longest } from './longest-tests.ts'

/**
 * Rooms whose files load much and leave nothing behind, so that they may follow each other in one process: CDK alone takes
 * two seconds to load.
 */
const sharing = [
  'stacks/test',
  'packages/mail/test/body-text',
  'packages/mail/test/changing',
  'packages/mail/test/composing',
  'packages/mail/test/connect',
  'packages/mail/test/imap',
  'packages/mail/test/mailboxes',
  'packages/mail/test/mime',
  'packages/mail/test/organizing',
  'packages/mail/test/reading',
  'packages/mail/test/search',
  'packages/mail/test/smtp',
  'packages/oauth/test',
  'packages/server/test/app',
  'packages/server/test/cards',
  'packages/server/test/clients',
  'packages/server/test/documents',
  'packages/server/test/find-servers',
  'packages/server/test/keys',
  'packages/server/test/lambda',
  'packages/server/test/local',
  'packages/server/test/mcp',
  'packages/server/test/oauth',
  'packages/server/test/owner',
  'packages/server/test/pages',
  'packages/server/test/sending',
  'packages/server/test/sign-in',
  'packages/server/test/store',
  'packages/server/test/tool-call',
  'packages/server/test/tools',
  'packages/server/test/wire',
  'packages/testing/test',
]

/** Files that run in a process with others, as paths from the root. */
export function listSharing(root: string): string[] {
  return sharing
    .flatMap((folder) =>
      readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((file) =>
        join(folder, file),
      ),
    )
    .filter((file) => /(?<!\.long)\.test\.ts$/.test(file) && placeOf(file) === undefined)
    .filter((file) => !needsOwnProcess(readFileSync(join(root, file), 'utf8')))
}

/** What others in its process would get too: another module, global or clock. And what would pay for theirs: CPU time. */
function needsOwnProcess(source: string): boolean {
  return /\bvi\.(?:mock|doMock|spyOn|stub\w+|useFakeTimers)\(|-spy\.ts'|cpu/i.test(source)
}

/** Among the longest. */
function placeOf(file: string): number | undefined {
  const at = longest.findIndex((end) => file.endsWith(end))
  return at === -1 ? undefined : at
}

export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const bySize = await super.sort(files)
    // Files that share a process have to follow each other.
    const place = ({ moduleId, project }: TestSpecification) =>
      placeOf(moduleId) ?? (project.config.isolate ? longest.length + 1 : longest.length)
    return bySize.sort((one, other) => place(one) - place(other))
  }
}
