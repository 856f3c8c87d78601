"""A data-science framework for time series. Import its floors by name: `dsframework.spec`, `dsframework.study` and so on."""
