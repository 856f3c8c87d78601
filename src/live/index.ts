export { announce } from './announce';
export { type IFailure } from './FailuresView';
export { LivePanel, type ILivePanelProps } from './LivePanel';
export { ScheduleForm, type IScheduleAnswer } from './ScheduleForm';
export { serverOfPage, stopByServer, type IServer } from './server';
