/** The texts of a stored message that its writer typed, place by place; an invitation that is shown as text is a file. */
import type { BodyStructure } from '../mime/structure.ts'
import { type BodyPlace, sortParts } from '../reading/structure.ts'

export function ownTexts(structure: BodyStructure): readonly BodyPlace[] {
  const { bodies, files } = sortParts(structure)
  const numbers = new Set(files.map(({ partId }) => partId))
  return bodies.filter(({ plain, html }) => ![...plain, ...html].some(({ partId }) => numbers.has(partId)))
}
