import { LabIcon } from '@jupyterlab/ui-components';
import tsmlSvg from '../../style/icons/tsml.svg';

/** The extension's icon: a series whose last part is predicted. */
export const tsmlIcon = new LabIcon({
  name: 'jupyterlab-tsml:icon',
  svgstr: tsmlSvg
});
