export { TsmlClient } from './client';
export { ApiError, errorLine, requestAPI } from './request';
