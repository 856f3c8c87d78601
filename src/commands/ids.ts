/** The commands of this extension. */
export const CommandIDs = {
  open: 'tsml:open',
  newExperiment: 'tsml:new-experiment',
  run: 'tsml:run',
  insertCell: 'tsml:insert-as-cell',
  openSpec: 'tsml:open-spec',
  saveSpec: 'tsml:save-spec',
  loadFromRun: 'tsml:load-from-run',
  compare: 'tsml:compare-runs',
  schedule: 'tsml:schedule-run',
  copyRunId: 'tsml:copy-run-id'
} as const;
