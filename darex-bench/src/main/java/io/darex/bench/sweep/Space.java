package io.darex.bench.sweep;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.deeplearning4j.arbiter.optimize.api.ParameterSpace;

/** All axes of a configuration, whose points are a value for each. */
@SuppressWarnings("rawtypes") // as Arbiter declares its interfaces
final class Space implements ParameterSpace<List<JsonNode>> {
  private final List<Axis> axes;
  private final List<ParameterSpace> leaves;

  Space(List<Axis> axes) {
    this.axes = axes;
    leaves = axes.stream().<ParameterSpace>map(Axis::space).toList();
  }

  @Override
  public List<JsonNode> getValue(double[] parameterValues) {
    List<JsonNode> values = new ArrayList<>();
    for (int i = 0; i < leaves.size(); i++) {
      values.add(axes.get(i).toNode(leaves.get(i).getValue(parameterValues)));
    }
    return values;
  }

  @Override
  public int numParameters() {
    return leaves.size();
  }

  @Override
  public List<ParameterSpace> collectLeaves() {
    return leaves;
  }

  @Override
  public Map<String, ParameterSpace> getNestedSpaces() {
    Map<String, ParameterSpace> nested = new LinkedHashMap<>();
    for (int i = 0; i < leaves.size(); i++) {
      nested.put(axes.get(i).name(), leaves.get(i));
    }
    return nested;
  }

  @Override
  public boolean isLeaf() {
    return false;
  }

  @Override
  public void setIndices(int... indices) {
    throw new UnsupportedOperationException("only leaves have indices");
  }
}
