package tallystick.reconcile;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// Who changes a line in which a bug is planted moves the bug too.
class PlantedBugTest {
    @ParameterizedTest
    @EnumSource(PlantedBug.class)
    void itsPlaceIsStillThere(PlantedBug bug, @TempDir Path folder) {
        assertThat(bug.plant(PlantedBug.root(), folder)).isNotEmpty();
    }
}
