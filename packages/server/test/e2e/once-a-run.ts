/**
 * What is the same in every file of a run and takes seconds of the processor is made by the first file that needs it, and
 * only read by all others. Files that run at the same time wait for the one that makes it.
 */
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { inject } from 'vitest'

/** The folder that `make` filled. Throws what `make` threw, in every file. */
export async function madeOnce(name: string, make: (folder: string) => Promise<void>): Promise<string> {
  const folder = join(inject('runFolder'), name)
  const outcome = `${folder}.outcome`
  if (begin(`${folder}.begun`)) {
    const fault = await make(folder).then(() => '', String)
    // Written whole before it has its name: others read it as soon as it is there.
    writeFileSync(`${outcome}.part`, fault)
    renameSync(`${outcome}.part`, outcome)
  }
  while (!existsSync(outcome)) await sleep(50)
  const fault = readFileSync(outcome, 'utf8')
  if (fault !== '') throw new Error(`${name} could not be made: ${fault}`)
  return folder
}

/** True for one caller of the whole run. */
function begin(mark: string): boolean {
  try {
    mkdirSync(mark)
    return true
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false
    throw error
  }
}
