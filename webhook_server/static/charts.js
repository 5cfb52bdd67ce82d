// Draws the charts beside tables: <figure data-chart="…"> with its data as JSON.  Every figure stands in the table
// as well, so the chart is hidden from screen readers and may be missing without loss.
(() => {
  "use strict";

  // The content policy forbids style attributes; the same declarations through the object model are allowed.
  const setAttribute = SVGElement.prototype.setAttribute;
  SVGElement.prototype.setAttribute = function set(name, value) {
    if (name === "style") this.style.cssText = value;
    else setAttribute.call(this, name, value);
  };

  const FONT = 12;
  const drawn = new Map();

  const colours = (scope) => {
    const styles = getComputedStyle(scope);
    const of = (name) => styles.getPropertyValue(name).trim();
    return {
      ink: of("--ink"), soft: of("--ink-soft"), faint: of("--ink-faint"), line: of("--line"), strong: of("--line-strong"),
      sheet: of("--sheet"), sunken: of("--sunken"), plan: of("--series-plan"), forecast: of("--series-forecast"),
      actual: of("--series-actual"), loss: of("--series-loss"), gain: of("--series-gain"),
      font: styles.fontFamily,
    };
  };

  const writer = (locale, digits = 0) => {
    const format = new Intl.NumberFormat(locale, { minimumFractionDigits: digits, maximumFractionDigits: digits });
    return (value) => (value === null || value === undefined ? "–" : format.format(value).replace("-", "−"));
  };
  // 1.9M, 7.7bn: as the server writes it.
  const short = (locale) => {
    const format = new Intl.NumberFormat(locale, { maximumFractionDigits: 1 });
    const units = [[1e9, "bn"], [1e6, "M"], [1e3, "K"], [1, ""]];
    return (value) => {
      const [factor, letter] = units.find(([size]) => Math.abs(value) >= size * 0.9995) ?? [1, ""];
      return format.format(value / factor).replace("-", "−") + letter;
    };
  };

  const base = (c) => ({
    animation: false,
    textStyle: { fontFamily: c.font, fontSize: FONT, color: c.soft },
    tooltip: {
      trigger: "axis", renderMode: "richText", confine: true, backgroundColor: c.sheet, borderColor: c.strong, borderWidth: 1,
      padding: [8, 10], textStyle: { color: c.ink, fontSize: FONT, fontFamily: c.font },
      axisPointer: { lineStyle: { color: c.strong }, shadowStyle: { color: c.sunken, opacity: 0.6 } },
    },
  });
  const amounts = (c, locale) => ({
    type: "value", axisLabel: { color: c.faint, formatter: short(locale), fontSize: FONT }, splitNumber: 4,
    splitLine: { lineStyle: { color: c.line } }, axisLine: { show: false }, axisTick: { show: false },
  });
  const names = (c, data, more = {}) => ({
    type: "category", data, axisTick: { show: false }, axisLine: { lineStyle: { color: c.strong } },
    axisLabel: { color: c.soft, fontSize: FONT, ...more },
  });
  const legend = (c, data) => ({
    data, top: 0, left: 0, itemWidth: 18, itemHeight: 8, icon: "rect", textStyle: { color: c.soft, fontSize: FONT }, selectedMode: false,
  });

  const tooltipText = (write, unit) => (points) =>
    [points[0].axisValueLabel ?? points[0].name, ...points.filter((one) => one.value !== null && one.value !== undefined)
      .map((one) => `${one.seriesName}  ${write(one.value)} ${unit}`)].join("\n");

  const hatch = (c) => ({ symbol: "rect", dashArrayX: [1, 0], dashArrayY: [2, 4], rotation: Math.PI / 4, color: c.sheet });

  // A bar whose beginning is cut off: broken by slanted gaps, so that its length is not taken for its amount.
  const cut = (c) => ({ symbol: "rect", dashArrayX: [1, 0], dashArrayY: [3, 9], rotation: Math.PI / 3, color: c.sheet });

  const kinds = {
    // Two bars a stage: planned run-rate and its latest estimate; off-ramps hatched, because they are not stages.
    funnel(data, c) {
      const rows = data.rows;
      const write = writer(data.locale);
      const series = (name, key, colour) => ({
        name, type: "bar", barMaxWidth: 13, barGap: "15%", color: colour,
        data: rows.map((row) => ({ value: row[key], itemStyle: { color: colour, opacity: row.offRamp ? 0.7 : 1, ...(row.offRamp ? { decal: hatch(c) } : {}) } })),
      });
      return {
        ...base(c),
        grid: { left: 4, right: 18, top: 30, bottom: 4, containLabel: true },
        legend: legend(c, ["Plan", "Latest estimate"]),
        tooltip: { ...base(c).tooltip, axisPointer: { type: "shadow" }, formatter: tooltipText(write, data.unit) },
        xAxis: amounts(c, data.locale),
        yAxis: { ...names(c, rows.map((row) => row.name)), inverse: true },
        series: [series("Plan", "plan", c.plan), series("Latest estimate", "estimate", c.forecast)],
      };
    },

    // A bridge, from top to bottom: the first and the last bar stand on zero, those between hang where the one before has
    // ended.  Lying bars leave each name and each amount a line of its own, however many there are.
    bridge(data, c, width) {
      const write = writer(data.locale);
      const compact = short(data.locale);
      const low = data.bars.map((bar) => Math.min(bar.from, bar.to));
      const minimum = data.minimum;
      // First and last stand on zero, or where the axis is cut.
      const ground = Math.max(minimum, 0);
      const colour = { total: c.actual, gain: c.gain, loss: c.loss };
      const room = width < 480 ? 96 : 150;
      return {
        ...base(c),
        grid: { left: 4, right: 64, top: 4, bottom: 4, containLabel: true },
        tooltip: { ...base(c).tooltip, axisPointer: { type: "shadow" }, formatter: (points) => {
          const bar = data.bars[points[0].dataIndex];
          const step = bar.kind === "total" ? write(bar.to) : `${bar.to > bar.from ? "+" : ""}${write(bar.to - bar.from)}`;
          return `${bar.name}\n${step} ${data.unit}`;
        } },
        xAxis: { ...amounts(c, data.locale), min: minimum, splitNumber: width < 480 ? 3 : 5, axisLabel: { ...amounts(c, data.locale).axisLabel, hideOverlap: true, formatter: (value) => (minimum > 0 && value === minimum ? `≈ ${compact(value)}` : compact(value)) } },
        yAxis: { ...names(c, data.bars.map((bar) => bar.name), { interval: 0, width: room, overflow: "break", lineHeight: 14 }), inverse: true },
        series: [
          { type: "bar", stack: "bridge", stackStrategy: "all", silent: true, itemStyle: { color: "transparent" }, data: low.map((value, place) => (data.bars[place].kind === "total" ? ground : value)) },
          {
            type: "bar", stack: "bridge", stackStrategy: "all", barMaxWidth: 28,
            data: data.bars.map((bar) => ({ value: bar.kind === "total" ? bar.to - ground : Math.abs(bar.to - bar.from), itemStyle: { color: colour[bar.kind], ...(minimum > 0 && bar.kind === "total" ? { decal: cut(c) } : {}) } })),
            label: { show: true, position: "right", color: c.soft, fontSize: FONT, formatter: ({ dataIndex }) => {
              const bar = data.bars[dataIndex];
              return bar.kind === "total" ? compact(bar.to) : `${bar.to > bar.from ? "+" : ""}${compact(bar.to - bar.from)}`;
            } },
          },
        ],
      };
    },

    // The S-curve: what lies behind today and what lies ahead, fiscal years apart.
    curve(data, c) {
      const write = writer(data.locale);
      const line = (name, key, colour, type, width) => ({
        name, type: "line", symbol: "none", data: data.series[key], lineStyle: { color: colour, width, type }, itemStyle: { color: colour }, emphasis: { disabled: true },
      });
      const marks = data.years.map((year) => ({ xAxis: year.at, name: year.name, lineStyle: { color: c.line, type: "solid" }, label: { formatter: year.name, color: c.faint, position: "insideEndTop", rotate: 0, align: "left", distance: 4, fontSize: 11 } }));
      const ahead = data.today === null ? [] : [[{ xAxis: data.today, itemStyle: { color: c.sunken, opacity: 0.75 } }, { xAxis: data.months.length - 1 }]];
      if (data.today !== null) marks.push({ xAxis: data.today, lineStyle: { color: c.soft, type: "dashed" }, label: { formatter: "today", color: c.soft, position: "start", distance: -16, fontSize: 11 } });
      const plan = line("Plan", "plan", c.plan, "dashed", 2);
      plan.markLine = { silent: true, symbol: "none", data: marks };
      plan.markArea = { silent: true, data: ahead };
      // What the controllers have signed: a dot for each confirmed month, on a thin line of its own.
      const validated = data.series.validated ?? [];
      const confirmed = { ...line("Validated", "validated", c.gain, "solid", 1.5), symbol: "circle", symbolSize: 7, showSymbol: true, data: validated };
      const isConfirmed = validated.some((value) => value !== null);
      return {
        ...base(c),
        grid: { left: 4, right: 20, top: 34, bottom: 4, containLabel: true },
        legend: { ...legend(c, ["Plan", "Latest estimate", "Actual", ...(isConfirmed ? ["Validated"] : [])]), icon: undefined, itemWidth: 30 },
        tooltip: { ...base(c).tooltip, formatter: tooltipText(write, data.unit) },
        xAxis: { ...names(c, data.months, { hideOverlap: true }), boundaryGap: false },
        yAxis: amounts(c, data.locale),
        series: [plan, line("Latest estimate", "forecast", c.forecast, "dotted", 2.5), line("Actual", "actual", c.actual, "solid", 3.5), ...(isConfirmed ? [confirmed] : [])],
      };
    },
  };

  // Pages with other charts add their kinds here, before the page is drawn.
  window.gatepostCharts = { kinds, base, amounts, names, legend, writer, short };

  const draw = (figure) => {
    const canvas = figure.querySelector(".canvas");
    const make = kinds[figure.dataset.chart];
    if (!canvas || !make || !window.echarts || !canvas.clientWidth) return;
    const data = JSON.parse(figure.querySelector("script").textContent);
    drawn.get(figure)?.dispose();
    const chart = window.echarts.init(canvas, null, { renderer: "svg" });
    chart.setOption(make(data, colours(figure), canvas.clientWidth));
    drawn.set(figure, chart);
  };

  const drawAll = (scope = document) => {
    for (const [figure, chart] of drawn) if (!figure.isConnected) { chart.dispose(); drawn.delete(figure); }
    scope.querySelectorAll("figure[data-chart]").forEach(draw);
  };

  document.addEventListener("DOMContentLoaded", () => drawAll());
  document.addEventListener("htmx:afterSettle", () => drawAll());
  window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => drawAll());
  window.matchMedia("print").addEventListener("change", () => drawAll());
  let waiting = 0;
  window.addEventListener("resize", () => { clearTimeout(waiting); waiting = setTimeout(() => drawAll(), 120); });
})();
