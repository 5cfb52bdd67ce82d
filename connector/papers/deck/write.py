"""A deck written as PowerPoint slides: native tables and charts that stay editable."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

from pptx.chart.data import CategoryChartData
from pptx.dml.color import RGBColor
from pptx.enum.chart import XL_CHART_TYPE, XL_LEGEND_POSITION, XL_MARKER_STYLE, XL_TICK_LABEL_POSITION
from pptx.enum.dml import MSO_LINE
from pptx.enum.text import MSO_ANCHOR, MSO_AUTO_SIZE, PP_ALIGN
from pptx.util import Pt

from connector.papers.deck.model import Cell, Chart, ChartKind, Deck, Paragraph, Series, Tone
from connector.papers.deck.pages import (
    CELL_SIDE,
    CELL_TOP,
    PARAGRAPH_GAP,
    Box,
    Page,
    PlacedChart,
    PlacedTable,
    PlacedText,
    pages_of,
)
from connector.papers.deck.template import Layout, Template
from connector.papers.deck.text_fit import LINE_HEIGHT, cut

_rgb: Callable[[str], Any] = RGBColor.from_string
_ChartData: Callable[..., Any] = CategoryChartData
INK, PLAN, ESTIMATE, ACTUAL = _rgb("1F2933"), _rgb("9AA3AF"), _rgb("1D4ED8"), _rgb("0F766E")
GAIN, LOSS, HEAD = _rgb("15803D"), _rgb("B91C1C"), _rgb("E8ECF1")
MUTED, LINE = _rgb("555F6B"), _rgb("C9D0D8")
TEXT_TONES = {
    Tone.GREEN: _rgb("126B33"), Tone.AMBER: _rgb("925200"), Tone.RED: LOSS,
    Tone.GREY: MUTED, Tone.MUTED: MUTED,
}  # fmt: skip
SERIES_COLOURS = {Tone.MUTED: PLAN, Tone.STRONG: ESTIMATE, Tone.GREEN: GAIN, Tone.RED: LOSS}
CHART_TEXT = 10
LONGEST_PROPERTY = 255
"""Characters of a property of a file, as the library holds it."""
MEASURE_MARK = "gatepost"
"""Begins the name of a slide's title shape that is about one measure: ``gatepost|jira-main/12|decided``."""
CHART_TYPES = {
    ChartKind.BARS: XL_CHART_TYPE.COLUMN_CLUSTERED,
    ChartKind.LINES: XL_CHART_TYPE.LINE,
    ChartKind.BRIDGE: XL_CHART_TYPE.COLUMN_STACKED,
}


def write_deck(deck: Deck, template: Template, out: Path | IO[bytes], report_id: str = "") -> int:
    """Write every page; the number of slides."""
    presentation = template.presentation
    presentation.core_properties.title = deck.title[:LONGEST_PROPERTY]
    presentation.core_properties.subject = report_id
    presentation.core_properties.author = "Gatepost"
    presentation.core_properties.last_modified_by = "Gatepost"
    number = 0
    for slide in deck.slides:
        layout = template.front if slide.is_first else template.content
        for page in pages_of(slide, layout.frame):
            number += 1
            _write_page(presentation, layout, page, f"{deck.footer} · {number}")
    presentation.save(str(out) if isinstance(out, Path) else out)
    return number


def _write_page(presentation: Any, layout: Layout, page: Page, footer: str) -> None:
    slide = presentation.slides.add_slide(layout.layout)
    title = slide.shapes.title
    for placeholder in list(slide.placeholders):
        # An empty placeholder would show its prompt on top of what stands there.
        if placeholder.placeholder_format.idx != title.placeholder_format.idx:
            placeholder._element.getparent().remove(placeholder._element)  # noqa: SLF001 - the library's own way
    if layout.fills_frame:
        _place(title, layout.frame.title)
    if page.slide.measure:
        title.name = "|".join((MEASURE_MARK, page.slide.measure, page.slide.stage))
    _fill(title.text_frame, (Paragraph(page.title, Tone.PLAIN, page.title_size),), of_template=not layout.fills_frame)
    if layout.fills_frame:
        title.text_frame.vertical_anchor = MSO_ANCHOR.BOTTOM
    for shape in page.shapes:
        match shape:
            case PlacedText():
                _text(slide, shape)
            case PlacedTable():
                _table(slide, shape)
            case PlacedChart():
                _chart(slide, shape)
    box = layout.footer
    size = min(10.0, box.height / LINE_HEIGHT)
    _text(slide, PlacedText(box, (Paragraph(cut(footer, box.width - 2 * CELL_SIDE, size, 1), Tone.MUTED, size),)))


def _place(shape: Any, box: Box) -> None:
    shape.left, shape.top, shape.width, shape.height = Pt(box.left), Pt(box.top), Pt(box.width), Pt(box.height)


def _fill(frame: Any, paragraphs: tuple[Paragraph, ...], *, of_template: bool = False, gap: float = 0) -> None:
    """The texts; a template's own colour and place of the title stay."""
    frame.word_wrap = True
    frame.auto_size = MSO_AUTO_SIZE.NONE
    if not of_template:
        frame.margin_left = frame.margin_right = Pt(CELL_SIDE)
        frame.margin_top = frame.margin_bottom = Pt(0)
    for number, one in enumerate(paragraphs):
        paragraph = frame.paragraphs[0] if number == 0 else frame.add_paragraph()
        if not of_template:
            paragraph.alignment = PP_ALIGN.LEFT
        paragraph.space_after = Pt(gap)
        run = paragraph.add_run()
        run.text = _safe(one.text)
        run.font.size = Pt(one.size)
        if not of_template:
            run.font.color.rgb = TEXT_TONES.get(one.tone, INK)
            run.font.bold = one.tone not in {Tone.PLAIN, Tone.MUTED}


def _text(slide: Any, shape: PlacedText) -> None:
    box = shape.box
    made = slide.shapes.add_textbox(Pt(box.left), Pt(box.top), Pt(box.width), Pt(box.height))
    _fill(made.text_frame, shape.paragraphs, gap=PARAGRAPH_GAP if len(shape.paragraphs) > 1 else 0)


def _table(slide: Any, shape: PlacedTable) -> None:
    box, table = shape.box, shape.table
    made = slide.shapes.add_table(
        len(table.rows) + 1, len(table.columns), Pt(box.left), Pt(box.top), Pt(box.width), Pt(box.height)
    )
    if table.name:
        made.name = table.name
    grid = made.table
    grid.horz_banding = False
    for number, (column, width) in enumerate(zip(table.columns, shape.widths, strict=True)):
        grid.columns[number].width = Pt(width)
        _cell(grid.cell(0, number), Cell(column.heading, Tone.STRONG), table.size, column.is_number, HEAD)
    for number, height in enumerate(shape.heights):
        grid.rows[number].height = Pt(height)
    for row, cells in enumerate(table.rows, 1):
        for number, cell in enumerate(cells):
            _cell(grid.cell(row, number), cell, table.size, table.columns[number].is_number, None)


def _cell(made: Any, cell: Cell, size: float, is_number: bool, fill: Any) -> None:
    made.margin_left = made.margin_right = Pt(CELL_SIDE)
    made.margin_top = made.margin_bottom = Pt(CELL_TOP)
    made.vertical_anchor = MSO_ANCHOR.TOP
    if fill is None:
        made.fill.background()
    else:
        made.fill.solid()
        made.fill.fore_color.rgb = fill
    frame = made.text_frame
    frame.word_wrap = True
    for number, line in enumerate(cell.text.split("\n")):
        paragraph = frame.paragraphs[0] if number == 0 else frame.add_paragraph()
        paragraph.alignment = PP_ALIGN.RIGHT if is_number else PP_ALIGN.LEFT
        # An empty cell is as high as its letters would be.
        paragraph.font.size = Pt(size)
        if not line:
            continue
        run = paragraph.add_run()
        run.text = _safe(line)
        run.font.size = Pt(size)
        run.font.bold = cell.tone not in {Tone.PLAIN, Tone.MUTED}
        run.font.color.rgb = TEXT_TONES.get(cell.tone, INK)


def _chart(slide: Any, shape: PlacedChart) -> None:
    chart, box = shape.chart, shape.box
    data = _ChartData(number_format="#,##0.00")
    data.categories = [_safe(name) or " " for name in chart.categories]
    for one in chart.series:
        data.add_series(one.name, [None if value is None else round(float(value), 2) for value in one.values])
    made = slide.shapes.add_chart(
        CHART_TYPES[chart.kind], Pt(box.left), Pt(box.top), Pt(box.width), Pt(box.height), data
    ).chart
    made.font.size = Pt(CHART_TEXT)
    made.font.color.rgb = INK
    made.has_title = True
    made.chart_title.text_frame.text = _safe(chart.title)
    made.chart_title.text_frame.paragraphs[0].runs[0].font.size = Pt(12)
    made.chart_title.include_in_layout = False
    made.has_legend = chart.kind is not ChartKind.BRIDGE
    if made.has_legend:
        made.legend.position = XL_LEGEND_POSITION.BOTTOM
        made.legend.include_in_layout = False
    _axes(made, chart)
    for series, drawn in zip(chart.series, made.plots[0].series, strict=True):
        _draw(chart, series, drawn)
    if chart.kind is not ChartKind.LINES:
        made.plots[0].gap_width = 60
    if chart.kind is ChartKind.BRIDGE:
        made.plots[0].overlap = 100


def _axes(made: Any, chart: Chart) -> None:
    values, categories = made.value_axis, made.category_axis
    values.tick_labels.number_format, values.tick_labels.number_format_is_linked = "#,##0", False
    values.major_gridlines.format.line.color.rgb = LINE
    values.format.line.fill.background()
    categories.tick_label_position = XL_TICK_LABEL_POSITION.LOW
    categories.format.line.color.rgb = MUTED
    if chart.minimum is not None and chart.minimum > 0:
        values.minimum_scale = float(chart.minimum)


def _draw(chart: Chart, series: Series, drawn: Any) -> None:
    if chart.kind is ChartKind.LINES:
        line = drawn.format.line
        line.color.rgb = ACTUAL if series.tone is Tone.GREEN else SERIES_COLOURS[series.tone]
        line.width = Pt(2.5)
        if series.tone is Tone.MUTED:
            line.dash_style = MSO_LINE.DASH
        drawn.smooth = False
        drawn.marker.style = XL_MARKER_STYLE.NONE
        return
    if series.tone is Tone.PLAIN:
        drawn.format.fill.background()
        return
    drawn.format.fill.solid()
    drawn.format.fill.fore_color.rgb = SERIES_COLOURS[series.tone]


def _safe(text: str) -> str:
    """Without characters that XML has no place for."""
    return "".join(one for one in text if one >= " " or one in "\t").encode("utf-8", "replace").decode()
