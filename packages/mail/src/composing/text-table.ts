/** A table as lines of text: in columns where they fit, else a line for each cell under the name of its column. */

/** What format=flowed leaves alone. */
const maxColumns = 76
const between = '  '

export function toTextTable(rows: readonly (readonly string[])[], isRight: readonly boolean[]): string[] {
  const [head = [], ...body] = rows
  const widths = head.map((_, column) => Math.max(3, ...rows.map((row) => widthOf(row[column] ?? ''))))
  const total = widths.reduce((sum, width) => sum + width + between.length, 0)
  if (total - between.length <= maxColumns) {
    const rule = widths.map((width) => '-'.repeat(width))
    return [head, rule, ...body].map((row) =>
      widths
        .map((width, column) => pad(row[column] ?? '', width, isRight[column] === true))
        .join(between)
        .trimEnd(),
    )
  }
  return body.flatMap((row, index) => [
    ...(index === 0 ? [] : ['']),
    ...row.flatMap((cell, column) => (cell === '' ? [] : [`${head[column] ?? ''}: ${cell}`])),
  ])
}

function pad(text: string, width: number, isRight: boolean): string {
  const space = ' '.repeat(Math.max(0, width - widthOf(text)))
  return isRight ? space + text : text + space
}

/** Columns of a terminal font: Chinese, Japanese and Korean letters take two. */
function widthOf(text: string): number {
  let width = 0
  for (const char of text) {
    if (/\p{M}|\p{Cf}/u.test(char)) continue
    width +=
      /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Extended_Pictographic}/u.test(
        char,
      )
        ? 2
        : 1
  }
  return width
}
