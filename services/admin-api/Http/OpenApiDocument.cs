using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace AdminApi.Http;

/// <summary>What the OpenAPI document says beyond what the endpoints say themselves.</summary>
internal static class OpenApiDocument
{
    private const string KeyScheme = "key";

    public static void Configure(OpenApiOptions options)
    {
        options.AddDocumentTransformer((document, _, _) => Describe(document));
        options.AddOperationTransformer((operation, _, _) => TypeLimits(operation));
        options.AddSchemaTransformer((schema, context, _) => DescribeRecipients(schema, context));
    }

    private static Task Describe(Microsoft.OpenApi.OpenApiDocument document)
    {
        document.Info = new OpenApiInfo
        {
            Title = "SMPP platform",
            Version = "v1",
            Description =
                "Messages over HTTP, and the platform's configuration and state. Every /v1 call carries `Authorization: Bearer <key>`: "
                + "the local admin key (all rights), or a customer's API key (its own account's messages). JSON is camelCase; unknown "
                + "fields are refused. Errors are problem details (RFC 9457), with `errors` by field. Collections answer "
                + "{\"items\":[…],\"next\":…}: give `next` as `after` for the next page. A change of the configuration is in force "
                + "within a second.",
        };
        // Relative: whatever address the caller came by.
        document.Servers = [new OpenApiServer { Url = "/" }];
        document.Components ??= new OpenApiComponents();
        document.Components.SecuritySchemes ??= new Dictionary<string, IOpenApiSecurityScheme>();
        document.Components.SecuritySchemes[KeyScheme] = new OpenApiSecurityScheme
        {
            Type = SecuritySchemeType.Http,
            Scheme = "bearer",
            Description = "The admin key, or an account's API key.",
        };
        document.Security = [new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference(KeyScheme, document)] = [] }];
        return Task.CompletedTask;
    }

    /// <summary>The limit is read as text, to refuse a wrong one in words; what it takes is a number.</summary>
    private static Task TypeLimits(OpenApiOperation operation)
    {
        foreach (var parameter in operation.Parameters?.OfType<OpenApiParameter>().Where(parameter => parameter.Name == "limit") ?? [])
        {
            parameter.Schema = new OpenApiSchema
            {
                Type = JsonSchemaType.Integer,
                Minimum = "1",
                Maximum = "1000",
                Default = 50,
            };
        }

        return Task.CompletedTask;
    }

    private static Task DescribeRecipients(OpenApiSchema schema, OpenApiSchemaTransformerContext context)
    {
        if (context.JsonTypeInfo.Type == typeof(Recipients))
        {
            var one = new OpenApiSchema { Type = JsonSchemaType.String };
            schema.OneOf =
            [
                one,
                new OpenApiSchema
                {
                    Type = JsonSchemaType.Array,
                    Items = one,
                    MinItems = 1,
                    MaxItems = 1000,
                },
            ];
        }

        return Task.CompletedTask;
    }
}
