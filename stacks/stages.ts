/**
 * The stages an owner has written down in `stages.json`, which git does not track: an update of the code never touches
 * it, and it touches no code. Only `personal` needs no entry. Any other name without one is a fault: a stage that lost
 * its entry would lose its protection, its alarms and the list of who may connect.
 */
import { existsSync, readFileSync } from 'node:fs'
import { parseStage, type Stage, StageError, type StageOptions } from './settings.ts'

const stagesFile = 'stages.json'

const personal: StageOptions = { kind: 'personal', region: 'eu-central-1' }

/** Throws StageError with every fault. */
export function getStage(name: string, file = stagesFile): Stage {
  const stages = readStages(name, file)
  const isListed = Object.hasOwn(stages, name)
  if (name === 'personal') {
    if (isListed)
      throw new StageError(name, [`${file}: "personal" is the stage that needs no entry; take another name`])
    return parseStage(name, personal)
  }
  if (isListed) return parseStage(name, stages[name])
  const listed = Object.keys(stages)
  throw new StageError(name, [
    `${file} has no entry for it (${listed.length === 0 ? 'it has none' : `it has ${listed.join(', ')}`}). ` +
      'Only "personal" needs none. stages.example.json shows how one is written.',
  ])
}

function readStages(name: string, file: string): Record<string, unknown> {
  if (!existsSync(file)) return {}
  let stages: unknown
  try {
    stages = JSON.parse(readFileSync(file, 'utf8'))
  } catch (error) {
    throw new StageError(name, [
      `${file} is not JSON: ${error instanceof Error ? error.message : 'unreadable'}`,
    ])
  }
  if (typeof stages !== 'object' || stages === null || Array.isArray(stages))
    throw new StageError(name, [`${file} must be {"name of a stage": {…}, …}`])
  const { $schema: _forEditors, ...listed } = stages as Record<string, unknown>
  return listed
}
