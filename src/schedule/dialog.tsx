import { Dialog } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import { ReactWidget } from '@jupyterlab/ui-components';
import type { TsmlClient } from '../api';
import type { Schedule } from '../wire';
import { ScheduleModel } from './model';
import { ScheduleForm } from './ScheduleForm';

const WRITE = 1;

/**
 * A dialog that stays open until the server has written the schedule.
 */
class ScheduleDialog extends Dialog<unknown> {
  constructor(
    readonly model: ScheduleModel,
    trans: TranslationBundle
  ) {
    super({
      title: trans.__('Schedule'),
      body: ReactWidget.create(<ScheduleForm model={model} trans={trans} />),
      buttons: [
        Dialog.cancelButton({ label: trans.__('Cancel') }),
        Dialog.okButton({ label: trans.__('Write the schedule') })
      ],
      focusNodeSelector: '#jp-Tsml-schedule-name',
      hasClose: true
    });
    this.addClass('jp-Tsml-scheduleDialog');
  }

  /** What was written; null until it is. */
  written: Schedule | null = null;

  override resolve(index: number = WRITE): void {
    if (index !== WRITE) {
      super.resolve(index);
    } else if (!this._writing) {
      void this._write();
    }
  }

  override dispose(): void {
    this.model.dispose();
    super.dispose();
  }

  private async _write(): Promise<void> {
    this._writing = true;
    this.written = await this.model.write();
    this._writing = false;
    if (this.written && !this.isDisposed) {
      super.resolve(WRITE);
    }
  }

  private _writing = false;
}

/**
 * Let the person schedule a run.
 *
 * @returns The schedule; null when the person decided against it.
 */
export async function scheduleRun(
  client: TsmlClient,
  run: string,
  trans: TranslationBundle
): Promise<Schedule | null> {
  const model = new ScheduleModel(client, run);
  const dialog = new ScheduleDialog(model, trans);
  void model.load();
  await dialog.launch();
  return dialog.written;
}
