package io.darex.optim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DeltaPlotTest {
  private static final String LINE =
      """
      {"iteration":%d,"epoch":0,"loss":%s,"learningRate":0.1,"lambda":1,"s":0.5,"pull":%s,\
      "gradientNorm":1,"layers":{"a":{"count":2,"meanAbs":%s,"maxAbs":1,"variance":1,"zeroShare":0.5}}}
      """;

  @TempDir private Path folder;

  @Test
  void drawsAWarmUpARestartAndALossThatIsNoNumber() throws IOException {
    Path lines = folder.resolve("deltas.jsonl");
    Files.writeString(
        lines,
        LINE.formatted(0, 0.7, 0, 0)
            + LINE.formatted(20, 0.6, 0.01, 0.1)
            + LINE.formatted(20, 0.5, 0.01, 0.1)
            + LINE.formatted(40, "\"NaN\"", 0.02, 0.2));
    Path png = folder.resolve("deltas.png");

    DeltaPlot.write(lines, png);

    BufferedImage image = ImageIO.read(png.toFile());
    assertThat(image.getWidth()).isEqualTo(1800);
    assertThat(image.getHeight()).isEqualTo(1040);
    // The first layer's blue is in each of the four panels.
    for (int panel = 0; panel < 4; panel++) {
      assertThat(contains(image, panel % 2 * 900, panel / 2 * 520, 0xff0072b2)).isTrue();
    }
  }

  @Test
  void namesTheLineThatIsNotOurs() throws IOException {
    Path lines = folder.resolve("deltas.jsonl");
    Files.writeString(lines, LINE.formatted(0, 0.7, 0, 0) + "{\"iteration\": ");

    assertThatThrownBy(() -> DeltaPlot.write(lines, folder.resolve("x.png")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith(lines + ":2: expected a line of DeltaListener: ");
    assertThat(folder.resolve("x.png")).doesNotExist();
  }

  @Test
  void aFileWithoutLinesIsRefused() throws IOException {
    Path lines = Files.createFile(folder.resolve("deltas.jsonl"));

    assertThatThrownBy(() -> DeltaPlot.write(lines, folder.resolve("x.png")))
        .hasMessage(lines + ": expected lines of DeltaListener, got none");
  }

  private static boolean contains(BufferedImage image, int left, int top, int colour) {
    for (int x = left; x < left + 900; x++) {
      for (int y = top; y < top + 520; y++) {
        if (image.getRGB(x, y) == colour) {
          return true;
        }
      }
    }
    return false;
  }
}
