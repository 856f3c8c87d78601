import './base.css';
import './form.css';
import './runs.css';
import './schedule.css';
import './compare.css';
