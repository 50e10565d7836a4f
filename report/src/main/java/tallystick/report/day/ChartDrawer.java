package tallystick.report.day;

import com.openhtmltopdf.css.parser.FSRGBColor;
import com.openhtmltopdf.css.sheet.FontFaceRule;
import com.openhtmltopdf.css.style.CssContext;
import com.openhtmltopdf.css.value.FontSpecification;
import com.openhtmltopdf.extend.OutputDevice;
import com.openhtmltopdf.extend.SVGDrawer;
import com.openhtmltopdf.layout.SharedContext;
import com.openhtmltopdf.outputdevice.helper.BaseRendererBuilder.FontStyle;
import com.openhtmltopdf.render.Box;
import com.openhtmltopdf.render.RenderingContext;
import java.awt.geom.Rectangle2D;
import java.io.File;
import java.util.List;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;

/// Draws the report's own charts into the PDF: rectangles, lines along the axis, and labels. A library that draws all of SVG would
/// weigh as much as the rest of the report.
final class ChartDrawer implements SVGDrawer {
    @Override
    public SVGImage buildSVGImage(
            Element chart,
            Box box,
            CssContext context,
            double width,
            double height,
            double dotsPerPixel) {
        // Where the library looks for what stands for a picture.
        chart.setAttribute("alt", chart.getAttribute("aria-label"));
        String[] viewBox = chart.getAttribute("viewBox").split(" ", 4);
        double wide = Double.parseDouble(viewBox[2]);
        double scale = width > 0 ? width / wide : dotsPerPixel;
        return new Chart(chart, box, scale, wide, Double.parseDouble(viewBox[3]));
    }

    private record Chart(Element chart, Box box, double scale, double width, double height)
            implements SVGImage {
        @Override
        public int getIntrinsicWidth() {
            return (int) (width * scale);
        }

        @Override
        public int getIntrinsicHeight() {
            return (int) (height * scale);
        }

        @Override
        public void drawSVG(OutputDevice paper, RenderingContext context, double x, double y) {
            NodeList shapes = chart.getElementsByTagName("*");
            for (int i = 0; i < shapes.getLength(); i++) {
                if (shapes.item(i) instanceof Element shape) {
                    switch (shape.getTagName()) {
                        case "rect" -> fill(paper, shape, x, y);
                        case "line" -> line(paper, shape, x, y);
                        case "text" -> text(paper, context, shape, x, y);
                        default ->
                                throw new IllegalStateException(
                                        "chart: <%s> (expected: rect, line or text)"
                                                .formatted(shape.getTagName()));
                    }
                }
            }
        }

        private void fill(OutputDevice paper, Element shape, double x, double y) {
            paper.setColor(color(shape, "fill"));
            paper.fill(
                    new Rectangle2D.Double(
                            x + scaled(shape, "x"),
                            y + scaled(shape, "y"),
                            scaled(shape, "width"),
                            scaled(shape, "height")));
        }

        private void line(OutputDevice paper, Element shape, double x, double y) {
            paper.setColor(color(shape, "stroke"));
            paper.fill(
                    new Rectangle2D.Double(
                            x + scaled(shape, "x1"),
                            y + scaled(shape, "y1"),
                            scaled(shape, "x2") - scaled(shape, "x1"),
                            scaled(shape, "stroke-width")));
        }

        private void text(
                OutputDevice paper, RenderingContext context, Element shape, double x, double y) {
            FontSpecification font = new FontSpecification();
            FontSpecification around = box.getStyle().getFont(context);
            font.families = around.families;
            font.fontWeight = around.fontWeight;
            font.fontStyle = around.fontStyle;
            font.variant = around.variant;
            font.size = (float) scaled(shape, "font-size");
            paper.setColor(color(shape, "fill"));
            paper.setFont(context.getFont(font));
            context.getTextRenderer()
                    .drawString(
                            paper,
                            shape.getTextContent(),
                            (float) (x + scaled(shape, "x")),
                            (float) (y + scaled(shape, "y")));
        }

        private double scaled(Element shape, String attribute) {
            return Double.parseDouble(shape.getAttribute(attribute)) * scale;
        }

        private static FSRGBColor color(Element shape, String attribute) {
            return new FSRGBColor(Integer.parseInt(shape.getAttribute(attribute).substring(1), 16));
        }
    }

    @Override
    public void importFontFaceRules(List<FontFaceRule> rules, SharedContext context) {}

    @Override
    public void addFontFile(File file, String family, Integer weight, FontStyle style) {}

    @Override
    public void close() {}
}
