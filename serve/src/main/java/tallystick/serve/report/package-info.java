/// The ReportService.
@NullMarked
package tallystick.serve.report;

import org.jspecify.annotations.NullMarked;
