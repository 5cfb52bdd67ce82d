// The chart of one measure's amounts: bars for each month above, lines of the sums below, on one axis of months.
(() => {
  "use strict";

  const charts = window.gatepostCharts;
  if (!charts) return;

  charts.kinds.months = (data, c, width) => {
    const write = charts.writer(data.locale);
    const bar = (name, key, colour) => ({ name, type: "bar", barGap: "10%", barMaxWidth: 14, data: data.net[key], itemStyle: { color: colour }, emphasis: { disabled: true } });
    const line = (name, key, colour, type, size) => ({
      name, type: "line", xAxisIndex: 1, yAxisIndex: 1, symbol: "none", data: data.total[key], lineStyle: { color: colour, type, width: size }, itemStyle: { color: colour }, emphasis: { disabled: true },
    });
    const today = data.today === null ? undefined : {
      silent: true, symbol: "none", lineStyle: { color: c.soft, type: "dashed" }, data: [{ xAxis: data.today }],
      label: { formatter: "today", color: c.soft, fontSize: 11 },
    };
    const plan = bar("Plan", "plan", c.plan);
    const sum = line("Plan", "plan", c.plan, "dashed", 2);
    plan.markLine = today && { ...today, label: { show: false } };
    sum.markLine = today;
    const title = (text, top) => ({ text, top, left: 0, textStyle: { color: c.faint, fontSize: 12, fontWeight: 400, fontFamily: c.font } });
    const tooltipText = (points) => {
      const at = points[0].dataIndex;
      const rows = [["Plan", "plan"], ["Forecast", "forecast"], ["Actual", "actual"]]
        .filter(([, key]) => data.net[key][at] !== null || data.total[key][at] !== null)
        .map(([name, key]) => `${name}  ${write(data.net[key][at])} ${data.unit}, in all ${write(data.total[key][at])}`);
      if (data.validated[at] !== null) rows.push(`Validated, in all ${write(data.validated[at])} ${data.unit}`);
      return [data.months[at], ...rows].join("\n");
    };
    // What the controller has signed: a dot for each confirmed month.
    const confirmed = {
      name: "Validated", type: "line", xAxisIndex: 1, yAxisIndex: 1, symbol: "circle", symbolSize: 8, showSymbol: true, connectNulls: true,
      data: data.validated, lineStyle: { color: c.gain, type: "solid", width: 1.5 }, itemStyle: { color: c.gain }, emphasis: { disabled: true },
    };
    const isConfirmed = data.validated.some((value) => value !== null);
    return {
      ...charts.base(c),
      title: [title("Each month", 30), title("Added up", "55%")],
      legend: charts.legend(c, ["Plan", "Forecast", "Actual", ...(isConfirmed ? ["Validated"] : [])]),
      axisPointer: { link: [{ xAxisIndex: "all" }] },
      tooltip: { ...charts.base(c).tooltip, formatter: tooltipText },
      grid: [{ left: 4, right: 12, top: 52, height: "34%", containLabel: true }, { left: 4, right: 12, top: "62%", bottom: 4, containLabel: true }],
      xAxis: [
        { ...charts.names(c, data.months), axisLabel: { show: false } },
        { ...charts.names(c, data.months, { hideOverlap: true }), gridIndex: 1 },
      ],
      yAxis: [charts.amounts(c, data.locale), { ...charts.amounts(c, data.locale), gridIndex: 1 }].map((axis) => ({ ...axis, splitNumber: width > 480 ? 3 : 2 })),
      series: [
        plan, bar("Forecast", "forecast", c.forecast), bar("Actual", "actual", c.actual),
        sum, line("Forecast", "forecast", c.forecast, "dotted", 2.5), line("Actual", "actual", c.actual, "solid", 3.5),
        ...(isConfirmed ? [confirmed] : []),
      ],
    };
  };
})();
