package plan

import tfjson "github.com/hashicorp/terraform-json"

// ProductFiles are the provider's product_files, as far as the configuration gives them as they are. What is made of variables or paths a plan does not
// show.
func ProductFiles(p *tfjson.Plan) []string {
	if p.Config == nil {
		return nil
	}
	var files []string
	for _, provider := range p.Config.ProviderConfigs {
		if provider == nil || provider.Name != "mail" || provider.Expressions["product_files"] == nil {
			continue
		}
		expression := provider.Expressions["product_files"]
		if expression.ExpressionData == nil {
			continue
		}
		list, constant := expression.ConstantValue.([]any)
		if !constant {
			continue
		}
		for _, one := range list {
			if file, isText := one.(string); isText {
				files = append(files, file)
			}
		}
	}
	return files
}
