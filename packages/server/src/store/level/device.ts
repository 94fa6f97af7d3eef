/** Sign-ins by device code in the local store. */
import type { DeviceRow, DeviceStore } from '../device-store.ts'
import type { RowDatabase } from './rows.ts'

export function createDeviceTable(database: RowDatabase): DeviceStore {
  const rows = database.table<DeviceRow>('device')
  return {
    create: (id, row) =>
      rows.change<void>(id, (existing) => {
        if (existing) throw new Error('A device sign-in with that id exists')
        return { row, answer: undefined }
      }),

    async find(id, now) {
      const row = await rows.find(id)
      return row === undefined || row.expiresAt <= now ? undefined : row
    },

    takeTurn: (id, now, { holder, until }) =>
      rows.change<boolean>(id, (row) =>
        row === undefined || row.expiresAt <= now || row.askAt > now
          ? { answer: false }
          : { row: { ...row, holder, askAt: until }, answer: true },
      ),

    endTurn: (id, holder, turn) =>
      rows.change<void>(id, (row) => {
        if (row?.holder !== holder) return { answer: undefined }
        const { holder: _ended, ...kept } = row
        return { row: { ...kept, ...turn }, answer: undefined }
      }),

    take: (id, now) =>
      rows.change<DeviceRow | undefined>(id, (row) =>
        row === undefined || row.expiresAt <= now ? { answer: undefined } : { row: 'removed', answer: row },
      ),
  }
}
