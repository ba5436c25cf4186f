package io.darex.bench.encoder;

import java.util.List;
import java.util.Map;
import org.nd4j.autodiff.listeners.At;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.autodiff.samediff.internal.InferenceSession;
import org.nd4j.autodiff.samediff.internal.memory.AbstractMemoryMgr;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.shape.LongShapeDescriptor;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Runs one SameDiff graph again and again without leaking.
 *
 * <p>SameDiff's own entry points keep a session per thread whose set of freed array ids grows for
 * ever, hold intermediate arrays in a cache per exact shape (which varying batch shapes fill up to
 * a quarter of memory), and leave those of the gradient graph to the garbage collector, which sees
 * no reason to run. Here every intermediate array is closed with its last use.
 */
final class GraphSession extends InferenceSession {
  GraphSession(SameDiff graph) {
    super(graph);
    setMmgr(new Closing());
  }

  /** Computes the named variables; the caller owns (and closes) the arrays that come back. */
  Map<String, INDArray> run(Map<String, INDArray> placeholders, List<String> names) {
    freedArrays.clear();
    try {
      return output(names, placeholders, null, List.of(), List.of(), At.defaultAt());
    } finally {
      nodeValueOutputs.clear();
    }
  }

  private static final class Closing extends AbstractMemoryMgr {
    @Override
    public INDArray allocate(boolean detached, DataType type, long... shape) {
      return Nd4j.createUninitializedDetached(type, shape);
    }

    @Override
    public INDArray allocate(boolean detached, LongShapeDescriptor descriptor) {
      return Nd4j.create(descriptor, false);
    }

    @Override
    public void release(INDArray array) {
      if (array.closeable()) {
        array.close();
      }
    }

    @Override
    public void close() {
      // holds nothing
    }
  }
}
