package io.darex.optim;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.zip.ZipFile;
import org.deeplearning4j.util.ModelSerializer;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.ndarray.INDArray;

/** The parameters in a file that DL4J has written. */
final class SavedModel {
  private SavedModel() {}

  /**
   * The parameters by name, as the network in the file calls them.
   *
   * @throws IllegalArgumentException if there is no such file or DL4J cannot read it
   */
  static Map<String, INDArray> parameters(Path path) {
    if (!Files.isRegularFile(path)) {
      throw new IllegalArgumentException("there is no file " + path + " to take anchors from");
    }
    File file = path.toFile();
    try {
      if (!isZip(path)) {
        return SameDiffAdamR.parameters(SameDiff.load(file, false));
      }
      return isGraph(file)
          ? ModelSerializer.restoreComputationGraph(file, false).paramTable()
          : ModelSerializer.restoreMultiLayerNetwork(file, false).paramTable();
    } catch (IOException | RuntimeException e) { // DL4J throws all kinds of them
      throw new IllegalArgumentException(
          path + " is not a model that ModelSerializer or SameDiff.save has written: " + e, e);
    }
  }

  private static boolean isZip(Path path) throws IOException {
    try (InputStream in = Files.newInputStream(path)) {
      return in.read() == 'P' && in.read() == 'K';
    }
  }

  /** DL4J's own way is to try one kind and then the other, which logs errors. */
  private static boolean isGraph(File file) throws IOException {
    try (ZipFile zip = new ZipFile(file)) {
      var configuration = zip.getEntry(ModelSerializer.CONFIGURATION_JSON);
      if (configuration == null) {
        throw new IOException("it has no " + ModelSerializer.CONFIGURATION_JSON);
      }
      try (InputStream in = zip.getInputStream(configuration)) {
        return new String(in.readAllBytes(), UTF_8).contains("\"networkInputs\"");
      }
    }
  }
}
