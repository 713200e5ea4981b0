//! The RPCs that score the portfolio and show it.

use contract::lifecycle::v1 as wire;
use contract::lifecycle::v1::portfolio_service_server::PortfolioService;
use edge::page::PageTokens;
use tonic::{Request, Response, Status};

use super::{
    BOUNDARY, deadline, parse_portfolio, render_metrics, render_portfolio, render_retention,
};
use crate::domain::portfolio::economics::Economics;
use crate::usecase::UseCases;

/// Answers `PortfolioService`.
#[derive(Clone)]
pub struct PortfolioRpc {
    use_cases: UseCases,
    tokens: PageTokens,
}

impl PortfolioRpc {
    /// Answers with these use cases.
    pub fn new(use_cases: UseCases, tokens: PageTokens) -> Self {
        Self { use_cases, tokens }
    }
}

#[tonic::async_trait]
impl PortfolioService for PortfolioRpc {
    async fn start_scoring(
        &self,
        _: Request<wire::StartScoringRequest>,
    ) -> Result<Response<wire::StartScoringResponse>, Status> {
        let run = self.use_cases.start_scoring().await;
        let run = run.map_err(|refusal| BOUNDARY.status(refusal))?;
        Ok(Response::new(wire::StartScoringResponse {
            run: Some(render_portfolio::run(&run)),
        }))
    }

    async fn get_scoring(
        &self,
        request: Request<wire::GetScoringRequest>,
    ) -> Result<Response<wire::GetScoringResponse>, Status> {
        let number = Some(request.into_inner().number).filter(|number| *number > 0);
        let run = self.use_cases.get_scoring(number).await;
        let run = run.map_err(|refusal| BOUNDARY.status(refusal))?;
        Ok(Response::new(wire::GetScoringResponse {
            run: Some(render_portfolio::run(&run)),
        }))
    }

    async fn get_portfolio(
        &self,
        request: Request<wire::GetPortfolioRequest>,
    ) -> Result<Response<wire::GetPortfolioResponse>, Status> {
        let request = request.into_inner();
        parse_portfolio::get_portfolio(&request).map_err(|refusal| BOUNDARY.status(refusal))?;
        let portfolio = self
            .use_cases
            .get_portfolio(deadline(), &request.business_line)
            .await
            .map_err(|refusal| BOUNDARY.status(refusal))?;
        Ok(Response::new(render_portfolio::portfolio(portfolio)))
    }

    async fn get_portfolio_metrics(
        &self,
        request: Request<wire::GetPortfolioMetricsRequest>,
    ) -> Result<Response<wire::GetPortfolioMetricsResponse>, Status> {
        let now = self.use_cases.now();
        let asked = parse_portfolio::get_portfolio_metrics(request.into_inner(), now)
            .map_err(|refusal| BOUNDARY.status(refusal))?;
        let (metrics, flows) = self
            .use_cases
            .get_portfolio_metrics(deadline(), asked.business_line, asked.window)
            .await
            .map_err(|refusal| BOUNDARY.status(refusal))?;
        let economics = asked.spending.map(|it| Economics::of(&it, &metrics));
        Ok(Response::new(wire::GetPortfolioMetricsResponse {
            economics: economics.map(render_metrics::economics),
            metrics: Some(render_metrics::metrics(metrics, asked.window, &flows)),
        }))
    }

    async fn list_customers(
        &self,
        request: Request<wire::ListCustomersRequest>,
    ) -> Result<Response<wire::ListCustomersResponse>, Status> {
        let query = parse_portfolio::list_customers(request.into_inner(), &self.tokens)
            .map_err(|refusal| BOUNDARY.status(refusal))?;
        let (customers, next) = self
            .use_cases
            .list_customers(deadline(), &query)
            .await
            .map_err(|refusal| BOUNDARY.status(refusal))?;
        let scope = parse_portfolio::customer_pages(query.stage, &query.business_line);
        let next_page_token = next.map(|next| self.tokens.seal(&scope, &next));
        Ok(Response::new(wire::ListCustomersResponse {
            customers: customers
                .into_iter()
                .map(render_portfolio::customer)
                .collect(),
            next_page_token: next_page_token.unwrap_or_default(),
        }))
    }

    async fn get_retention_curves(
        &self,
        request: Request<wire::GetRetentionCurvesRequest>,
    ) -> Result<Response<wire::GetRetentionCurvesResponse>, Status> {
        let question = parse_portfolio::get_retention_curves(request.into_inner(), &self.tokens)
            .map_err(|refusal| BOUNDARY.status(refusal))?;
        let page = self
            .use_cases
            .get_retention_curves(&question)
            .map_err(|refusal| BOUNDARY.status(refusal))?;
        let scope = parse_portfolio::curve_pages(question.business_line.as_deref());
        let answer = render_retention::curves(page, &self.tokens, &scope);
        Ok(Response::new(answer))
    }
}
